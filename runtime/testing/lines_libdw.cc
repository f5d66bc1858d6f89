// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <cxxabi.h>
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "runtime/testing/lines.h"

namespace gosling::testing {

// Reader is libdw, with all that this process has loaded.
struct Lines::Reader {
  // The functions by which At reads.
  void* library = nullptr;
  decltype(&::dwfl_end) end = nullptr;
  decltype(&::dwfl_addrmodule) module_of = nullptr;
  decltype(&::dwfl_module_addrinfo) symbol_at = nullptr;
  decltype(&::dwfl_module_addrdie) unit_of = nullptr;
  decltype(&::dwfl_module_nextcu) next_unit = nullptr;
  decltype(&::dwarf_haspc) has_pc = nullptr;
  decltype(&::dwarf_getsrc_die) line_of = nullptr;
  decltype(&::dwarf_linesrc) line_file = nullptr;
  decltype(&::dwarf_lineno) line_number = nullptr;
  decltype(&::dwarf_getscopes) scopes_at = nullptr;
  decltype(&::dwarf_getscopes_die) scopes_of = nullptr;
  decltype(&::dwarf_dieoffset) offset_of = nullptr;
  decltype(&::dwarf_offdie) at_offset = nullptr;
  decltype(&::dwfl_module_getdwarf) dwarf_of = nullptr;
  decltype(&::dwarf_tag) tag_of = nullptr;
  decltype(&::dwarf_attr) attribute = nullptr;
  decltype(&::dwarf_attr_integrate) inherited = nullptr;
  decltype(&::dwarf_formudata) number = nullptr;
  decltype(&::dwarf_formstring) string = nullptr;
  decltype(&::dwarf_formref_die) referred = nullptr;
  decltype(&::dwarf_getsrcfiles) files_of = nullptr;
  decltype(&::dwarf_filesrc) file_name = nullptr;

  Dwfl_Callbacks callbacks = {};
  char* no_path = nullptr;
  Dwfl* process = nullptr;

  Reader() = default;
  ~Reader() {
    if (process != nullptr) end(process);
    if (library != nullptr) ::dlclose(library);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  template <class F>
  bool Find(const char* name, F* function) const {
    *function = reinterpret_cast<F>(::dlsym(library, name));
    return *function != nullptr;
  }

  bool opened = false;

  void Open() { opened = TryOpen(); }
  bool TryOpen();
  bool FindAll();
  std::vector<Line> Read(std::uintptr_t pc) const;
  Dwarf_Die* UnitOf(Dwfl_Module* module, std::uintptr_t pc,
                    Dwarf_Addr* bias) const;
  std::string NameOf(Dwarf_Die* die) const;
  std::string NameInSource(Dwarf_Die die) const;
  std::string ObjectAt(std::uintptr_t address) const;
  void AddInlined(Dwarf* dwarf, Dwarf_Die* unit, Dwarf_Addr pc,
                  std::vector<Line>* lines) const;
};

bool Lines::Reader::FindAll() {
  return Find("dwfl_end", &end) && Find("dwfl_addrmodule", &module_of) &&
         Find("dwfl_module_addrinfo", &symbol_at) &&
         Find("dwfl_module_addrdie", &unit_of) &&
         Find("dwfl_module_nextcu", &next_unit) &&
         Find("dwarf_haspc", &has_pc) && Find("dwarf_getsrc_die", &line_of) &&
         Find("dwarf_linesrc", &line_file) &&
         Find("dwarf_lineno", &line_number) &&
         Find("dwarf_getscopes", &scopes_at) &&
         Find("dwarf_getscopes_die", &scopes_of) &&
         Find("dwarf_dieoffset", &offset_of) &&
         Find("dwarf_offdie", &at_offset) &&
         Find("dwfl_module_getdwarf", &dwarf_of) &&
         Find("dwarf_tag", &tag_of) && Find("dwarf_attr", &attribute) &&
         Find("dwarf_attr_integrate", &inherited) &&
         Find("dwarf_formudata", &number) &&
         Find("dwarf_formstring", &string) &&
         Find("dwarf_formref_die", &referred) &&
         Find("dwarf_getsrcfiles", &files_of) &&
         Find("dwarf_filesrc", &file_name);
}

// Debug information in files of its own is found by build ID on this machine. Not
// dwfl_standard_find_debuginfo, which may ask servers (debuginfod). A program that
// no dynamic linker has loaded must not get a second C library with libdw.
bool Lines::Reader::TryOpen() {
  if (::getauxval(AT_BASE) == 0) return false;
  library = ::dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr || !FindAll()) return false;
  decltype(&::dwfl_begin) begin = nullptr;
  decltype(&::dwfl_linux_proc_report) report = nullptr;
  decltype(&::dwfl_report_end) report_end = nullptr;
  if (!Find("dwfl_begin", &begin) || !Find("dwfl_report_end", &report_end) ||
      !Find("dwfl_linux_proc_report", &report) ||
      !Find("dwfl_linux_proc_find_elf", &callbacks.find_elf) ||
      !Find("dwfl_build_id_find_debuginfo", &callbacks.find_debuginfo)) {
    return false;
  }
  callbacks.debuginfo_path = &no_path;
  process = begin(&callbacks);
  return process != nullptr && report(process, ::getpid()) == 0 &&
         report_end(process, nullptr, nullptr) == 0;
}

// UnitOf returns the unit that pc is in, and how far from its place the module is.
// libdw's own look goes by .debug_aranges, which clang does not write.
Dwarf_Die* Lines::Reader::UnitOf(Dwfl_Module* module, std::uintptr_t pc,
                                 Dwarf_Addr* bias) const {
  Dwarf_Die* unit = unit_of(module, pc, bias);
  if (unit != nullptr) return unit;
  do {
    unit = next_unit(module, unit, bias);
  } while (unit != nullptr && has_pc(unit, pc - *bias) != 1);
  return unit;
}

namespace {

std::string Demangled(const char* mangled) {
  if (mangled == nullptr) return {};
  int status = 0;
  char* demangled = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
  std::string text = demangled != nullptr ? demangled : mangled;
  std::free(demangled);
  return text;
}

}  // namespace

// NOLINTNEXTLINE(misc-no-recursion): outwards, once for each enclosing function
std::string Lines::Reader::NameOf(Dwarf_Die* die) const {
  Dwarf_Attribute name;
  if (inherited(die, DW_AT_linkage_name, &name) == nullptr) {
    return NameInSource(*die);
  }
  return Demangled(string(&name));
}

// NameInSource is for what no linker sees, a closure above all: GCC writes down
// only the names that it has in the source, from the outside inwards:
// "Serve(char const*)::{lambda}::operator()"; at -g1 the innermost alone.
// NOLINTNEXTLINE(misc-no-recursion): as NameOf
std::string Lines::Reader::NameInSource(Dwarf_Die die) const {
  Dwarf_Attribute attr;
  while (attribute(&die, DW_AT_abstract_origin, &attr) != nullptr ||
         attribute(&die, DW_AT_specification, &attr) != nullptr) {
    Dwarf_Die origin;
    if (referred(&attr, &origin) == nullptr) return {};
    die = origin;
  }
  Dwarf_Die* scopes = nullptr;
  const int count = scopes_of(&die, &scopes);
  std::string text;
  for (int i = count - 1; i >= 0; i--) {
    const int tag = tag_of(&scopes[i]);
    if (tag != DW_TAG_subprogram && tag != DW_TAG_namespace &&
        tag != DW_TAG_structure_type && tag != DW_TAG_class_type) {
      continue;
    }
    if (tag == DW_TAG_subprogram && i != 0) {
      text = NameOf(&scopes[i]);
      continue;
    }
    const char* name = nullptr;
    if (inherited(&scopes[i], DW_AT_name, &attr) != nullptr) {
      name = string(&attr);
    }
    if (name == nullptr) {
      name = tag == DW_TAG_namespace ? "(anonymous namespace)" : "{lambda}";
    }
    if (!text.empty()) text += "::";
    text += name;
  }
  std::free(scopes);
  return text;
}

std::string Lines::Reader::ObjectAt(std::uintptr_t address) const {
  Dwfl_Module* module = module_of(process, address);
  GElf_Off offset = 0;
  GElf_Sym symbol = {};
  const char* name = module == nullptr
                         ? nullptr
                         : symbol_at(module, address, &offset, &symbol, nullptr,
                                     nullptr, nullptr);
  const bool inside = name != nullptr && offset < symbol.st_size &&
                      GELF_ST_TYPE(symbol.st_info) == STT_OBJECT;
  return inside ? Demangled(name) : std::string();
}

// AddInlined names the functions of *lines, which has the innermost, and adds
// the lines from which those that are inlined were called.
void Lines::Reader::AddInlined(Dwarf* dwarf, Dwarf_Die* unit, Dwarf_Addr pc,
                               std::vector<Line>* lines) const {
  Dwarf_Die* scopes = nullptr;
  if (scopes_at(unit, pc, &scopes) <= 0) return;
  // What contains the innermost scope in the code: the list above leaves that
  // for the place of the inlined function's definition.
  Dwarf_Die innermost;
  const bool found =
      at_offset(dwarf, offset_of(&scopes[0]), &innermost) != nullptr;
  std::free(scopes);
  scopes = nullptr;
  const int count = found ? scopes_of(&innermost, &scopes) : 0;
  Dwarf_Files* files = nullptr;
  if (count > 0 && files_of(unit, &files, nullptr) != 0) files = nullptr;
  for (int i = 0; i < count; i++) {
    const int tag = tag_of(&scopes[i]);
    if (tag == DW_TAG_subprogram) lines->back().function = NameOf(&scopes[i]);
    if (tag != DW_TAG_inlined_subroutine) continue;
    lines->back().function = NameOf(&scopes[i]);
    Dwarf_Attribute attr;
    Dwarf_Word file = 0;
    Dwarf_Word line = 0;
    if (files == nullptr ||
        number(attribute(&scopes[i], DW_AT_call_file, &attr), &file) != 0 ||
        number(attribute(&scopes[i], DW_AT_call_line, &attr), &line) != 0) {
      break;
    }
    const char* name = file_name(files, file, nullptr, nullptr);
    if (name == nullptr) break;
    lines->push_back({name, static_cast<int>(line), {}});
  }
  std::free(scopes);
}

std::vector<Line> Lines::Reader::Read(std::uintptr_t pc) const {
  Dwfl_Module* module = module_of(process, pc);
  if (module == nullptr) return {};
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = UnitOf(module, pc, &bias);
  Dwarf_Line* line = unit != nullptr ? line_of(unit, pc - bias) : nullptr;
  if (line == nullptr) return {};
  const char* file = line_file(line, nullptr, nullptr);
  int number = 0;
  if (file == nullptr || line_number(line, &number) != 0) return {};
  std::vector<Line> lines{{file, number, {}}};
  Dwarf* dwarf = dwarf_of(module, &bias);
  if (dwarf != nullptr) AddInlined(dwarf, unit, pc - bias, &lines);
  return lines;
}

namespace {

// Unloads returns how many libraries the process has got rid of: their addresses
// may be those of others now. libdw is not among them (RTLD_NODELETE).
unsigned long long Unloads() {
  unsigned long long unloads = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* arg) {
        *static_cast<unsigned long long*>(arg) = info->dlpi_subs;
        return 1;
      },
      &unloads);
  return unloads;
}

}  // namespace

Lines::Lines() = default;
Lines::~Lines() = default;

// What has been read once is kept: a program may look at its stacks often, a test
// fail, on purpose, a hundred times, and a big program's debug information takes a
// second.
std::vector<Line> Lines::At(std::uintptr_t pc) {
  using Known = std::unordered_map<std::uintptr_t, std::vector<Line>>;
  // No goroutine parks here: it calls this on a thread's stack. libgosling_lockcheck has none of the runtime's.
  static constinit std::mutex mu;
  static constinit Known* known = nullptr;           // under mu; for good
  static constinit unsigned long long known_at = 0;  // under mu
  const unsigned long long unloads = Unloads();
  {
    std::lock_guard l(mu);
    if (known == nullptr) known = new Known;
    if (known_at != unloads) known->clear();
    known_at = unloads;
    const auto at = known->find(pc);
    if (at != known->end()) return at->second;
  }
  // Without the lock: the dynamic linker has one, under which a library's
  // constructors may come here.
  std::vector<Line> lines = Opened() ? reader_->Read(pc) : std::vector<Line>();
  std::lock_guard l(mu);
  if (known_at == unloads) known->emplace(pc, lines);
  return lines;
}

std::string Lines::ObjectAt(std::uintptr_t address) {
  return Opened() ? reader_->ObjectAt(address) : std::string();
}

bool Lines::Opened() {
  if (reader_ == nullptr) {
    reader_ = std::make_unique<Reader>();
    reader_->Open();
  }
  return reader_->opened;
}

}  // namespace gosling::testing
