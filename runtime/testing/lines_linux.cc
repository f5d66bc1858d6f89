// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <link.h>

#include <cerrno>
#include <cstdio>

#include "runtime/testing/lines.h"

namespace gosling::testing {

std::string AddressIn(std::uintptr_t pc) {
  struct Search {
    std::uintptr_t pc;
    const char* file = nullptr;
  } search{pc};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* arg) {
        auto* s = static_cast<Search*>(arg);
        for (int i = 0; i < info->dlpi_phnum; i++) {
          const auto& part = info->dlpi_phdr[i];
          if (part.p_type == PT_LOAD &&
              s->pc - info->dlpi_addr - part.p_vaddr < part.p_memsz) {
            s->pc -= info->dlpi_addr;
            s->file = info->dlpi_name;
            return 1;
          }
        }
        return 0;
      },
      &search);
  std::string text;
  // The program itself has no name there.
  if (search.file != nullptr) {
    text = *search.file != '\0' ? search.file : program_invocation_name;
  }
  char number[32];
  std::snprintf(number, sizeof number, "%s0x%zx", text.empty() ? "" : "+",
                static_cast<std::size_t>(search.pc));
  return text + number;
}

}  // namespace gosling::testing
