// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/context.h>. Two trees lie on each other.
//
// Nodes are what Contexts refer to: each keeps its parent. They never change,
// so they are read without a lock; what is asked often, the nearest canceller
// and the deadline, each has from the start.
//
// Cancellers (context_tree.h) are what can be cancelled: each keeps its
// children, until they are cancelled or it is. A node keeps its nearest
// canceller, a canceller no node: so there is no circle of references, and a
// receiver that holds nothing but a Done channel still learns of the end.
//
// A context of a program's own (kOwn) is known by its functions only, and is no
// canceller. A child that needs one is the root of a tree, and a goroutine watches
// over it: it waits for the end of the parent, or of that tree. Where such a context has the Done of the one
// it embeds, that one's canceller serves.
//
// Go: context/context.go.

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/select.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "runtime/context_tree.h"
#include "runtime/errors.h"
#include "sched/control.h"

namespace gosling {
namespace internal {

using context::Context;
using time::Time;

namespace {

constexpr const char* kNilParent = "cannot create context from nil parent";

}  // namespace

// SameContextType. type_infos are equal for one type wherever it was compiled; but for
// types of unnamed namespaces too, where two of one name are different, if Clang
// has compiled them. Tags are equal only where the linker has made one of all,
// but never for two types.
bool SameContextType(const ContextType& a, const ContextType& b) noexcept {
  if (a.tag == b.tag) return true;
  return a.info != nullptr && b.info != nullptr && *a.info == *b.info &&
         std::strstr(a.info->name(), "_GLOBAL__N_") == nullptr;
}

namespace {

// NameOf cuts the type out of what SignatureOf says, which ends in "T = int]".
std::string_view NameOf(const ContextType& type) {
  std::string_view name = type.signature;
  name.remove_prefix(name.find("T = ") + 4);
  return name.substr(0, name.rfind(']'));
}

// Worded is a key or a value in String's words: a text as it is, of all else the
// type. Go: stringify.
std::string_view Worded(const ContextThing& thing) {
  if (SameContextType(*thing.type, kContextType<std::string>)) {
    return *static_cast<const std::string*>(thing.at.get());
  }
  if (SameContextType(*thing.type, kContextType<const char*>)) {
    const char* text = *static_cast<const char* const*>(thing.at.get());
    return text != nullptr ? text : "<nil>";
  }
  return NameOf(*thing.type);
}

}  // namespace

// Kind is how a context was made.
enum class Kind {
  kRoot,
  kCancel,
  kDeadline,
  kValue,
  kWithoutCancel,
  kNamed,
  kOwn
};

// A node keeps its parent; the roots live for ever and are not counted.
struct ContextNode {
  explicit ContextNode(Kind how) : kind(how) {}
  constexpr explicit ContextNode(const char* root_name) : root(root_name) {}
  ContextNode(const ContextNode&) = delete;
  ContextNode& operator=(const ContextNode&) = delete;

  mutable std::atomic<std::uint32_t> references{1};
  Kind kind = Kind::kRoot;
  const ContextNode* parent = nullptr;
  CancellerRef canceller;        // the nearest; null: none
  std::optional<Time> deadline;  // the nearest
  ContextKey key = {};           // kValue
  ContextThing value = {};       // kValue; kNamed: its name, a string
  const char* root = nullptr;    // kRoot: its name
  // kOwn: the program's object, and what it is.
  std::shared_ptr<const context::Base> own = nullptr;
  const ContextType* own_type = nullptr;
  // What Done and Err ask: the nearest of the program's own, this one included,
  // if it is nearer than any cancellation. Without a canceller it is watched.
  const context::Base* asked = nullptr;
};

void RefContext(const ContextNode* node) noexcept {
  // relaxed: the caller that passes it on has a reference
  if (node->kind != Kind::kRoot) {
    node->references.fetch_add(1, std::memory_order_relaxed);
  }
}

// Not each destructor the next: there may be very many.
void UnrefContext(const ContextNode* node) noexcept {
  // acq_rel: the last one destroys what the others have read
  while (node != nullptr && node->kind != Kind::kRoot &&
         node->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const ContextNode* parent = node->parent;
    delete node;
    node = parent;
  }
}

struct ContextAccess {
  struct Wanted {
    const ContextType& key_type;
    const void* key;
    const ContextType& value_type;
  };
  static Wanted WantedOf(const context::Lookup& lookup) {
    return {*lookup.key_type_, lookup.key_, *lookup.value_type_};
  }

  // Make takes over the reference.
  static Context Make(const ContextNode* node) {
    Context ctx;
    ctx.node_ = node;
    return ctx;
  }
  static const ContextNode& NodeOf(const Context& ctx) {
    if (ctx.node_ == nullptr) {
      throw Panic("invalid memory address or nil pointer dereference");
    }
    return *ctx.node_;
  }
};

namespace {

struct Unref {
  void operator()(const ContextNode* node) const { UnrefContext(node); }
};
using NewNode = std::unique_ptr<ContextNode, Unref>;

// Child makes a node below the parent that is like it.
NewNode Child(const Context& parent, Kind kind) {
  if (!parent) throw Panic(kNilParent);
  const ContextNode& above = ContextAccess::NodeOf(parent);
  auto node = std::make_unique<ContextNode>(kind);
  RefContext(&above);
  node->parent = &above;
  node->canceller = above.canceller;
  node->asked = above.asked;
  node->deadline = parent.Deadline();
  return NewNode(node.release());
}

bool IsWatched(const ContextNode& node) {
  return node.asked != nullptr && node.canceller == nullptr;
}

// Watched makes a canceller that ends when the parent's Done is closed, which
// only a goroutine can notice; it ends with either. Go: propagateCancel.
CancellerRef Watched(const Context& parent,
                     std::unique_ptr<ContextFunction> function) {
  CancellerRef canceller = Canceller::Make(nullptr, std::move(function));
  const RecvChan<Unit> done = parent.Done();
  if (!done) return canceller;
  const auto end = [parent, canceller] {
    const Error err = parent.Err();
    canceller->End(err ? err : context::Canceled, Cause(parent));
  };
  if (done.TryRecv().Closed()) {
    end();
  } else {
    Go([end, done, ended = canceller->Done()] {
      Select(OnRecv(done, end), OnRecv(ended));
    });
  }
  return canceller;
}

// CancellerBelow makes one for what is below the parent.
CancellerRef CancellerBelow(
    const Context& parent,
    std::unique_ptr<ContextFunction> function = nullptr) {
  const ContextNode& above = ContextAccess::NodeOf(parent);
  return IsWatched(above)
             ? Watched(parent, std::move(function))
             : Canceller::Make(above.canceller, std::move(function));
}

// NewCanceller gives the node, a child of the parent, one of its own.
const CancellerRef& NewCanceller(ContextNode* node, const Context& parent) {
  node->canceller = CancellerBelow(parent);
  node->asked = nullptr;
  return node->canceller;
}

std::pair<Context, CancellerRef> Cancellable(const Context& parent, Kind kind) {
  NewNode node = Child(parent, kind);
  CancellerRef canceller = NewCanceller(node.get(), parent);
  return {ContextAccess::Make(node.release()), std::move(canceller)};
}

// OrEnded returns what `make` does. Should that throw, no caller gets to know
// the canceller, so it ends.
template <class F>
auto OrEnded(const CancellerRef& canceller, F make) {
  try {
    return make();
  } catch (...) {
    canceller->End(context::Canceled, nullptr);
    throw;
  }
}

std::pair<Context, context::CancelFunc> WithFunction(
    const std::pair<Context, CancellerRef>& made) {
  return OrEnded(made.second, [&made] {
    return std::pair<Context, context::CancelFunc>(
        made.first, [canceller = made.second] {
          canceller->End(context::Canceled, nullptr);
        });
  });
}

}  // namespace

Context WithThing(const Context& parent, ContextKey key, ContextThing value) {
  NewNode node = Child(parent, Kind::kValue);
  node->key = std::move(key);
  node->value = std::move(value);
  return ContextAccess::Make(node.release());
}

void CheckWithValue(const Context& parent, bool nil_key) {
  if (!parent) throw Panic(kNilParent);
  if (nil_key) throw Panic("nil key");
}

const void* ContextValue(const Context& ctx, const context::Lookup& wanted) {
  const ContextAccess::Wanted w = ContextAccess::WantedOf(wanted);
  for (const ContextNode* node = &ContextAccess::NodeOf(ctx); node != nullptr;
       node = node->parent) {
    if (node->kind == Kind::kOwn) return node->own->Value(wanted);
    if (node->kind != Kind::kValue ||
        !SameContextType(*node->key.type, w.key_type) ||
        !node->key.equal(node->key.at.get(), w.key)) {
      continue;
    }
    return SameContextType(*node->value.type, w.value_type)
               ? node->value.at.get()
               : nullptr;
  }
  return nullptr;
}

std::function<bool()> AfterCancel(const Context& ctx,
                                  std::unique_ptr<ContextFunction> function) {
  const CancellerRef canceller = CancellerBelow(ctx, std::move(function));
  const bool watched = IsWatched(ContextAccess::NodeOf(ctx));
  try {
    return [canceller, watched] {
      const bool kept = canceller->Forget();
      // The goroutine that watches has nothing more to wait for.
      if (watched) canceller->End(context::Canceled, nullptr);
      return kept;
    };
  } catch (...) {
    canceller->Forget();
    throw;
  }
}

Context OwnContext(std::shared_ptr<const context::Base> own,
                   const ContextType& type, const Context* embedded) {
  auto node = std::make_unique<ContextNode>(Kind::kOwn);
  node->own_type = &type;
  if (embedded != nullptr && embedded->Done() == own->Done()) {
    node->canceller = ContextAccess::NodeOf(*embedded).canceller;
  }
  node->asked = own.get();
  node->own = std::move(own);
  return ContextAccess::Make(node.release());
}

Context NamedContext(const Context& parent, std::string name) {
  NewNode node = Child(parent, Kind::kNamed);
  node->value = {&kContextType<std::string>,
                 std::make_shared<const std::string>(std::move(name))};
  return ContextAccess::Make(node.release());
}

}  // namespace internal

namespace context {

using internal::ContextAccess;
using internal::ContextNode;
using internal::Kind;

namespace {

constinit internal::Immortal<ContextNode> background("context.Background");
constinit internal::Immortal<ContextNode> todo("context.TODO");

}  // namespace

RecvChan<Unit> Context::Done() const {
  const ContextNode& node = ContextAccess::NodeOf(*this);
  if (node.asked != nullptr) return node.asked->Done();
  return node.canceller != nullptr ? node.canceller->Done() : nullptr;
}

Error Context::Err() const {
  const ContextNode& node = ContextAccess::NodeOf(*this);
  if (node.asked != nullptr) return node.asked->Err();
  return node.canceller != nullptr ? node.canceller->Err() : nullptr;
}

std::optional<time::Time> Context::Deadline() const {
  const ContextNode& node = ContextAccess::NodeOf(*this);
  return node.kind == Kind::kOwn ? node.own->Deadline() : node.deadline;
}

std::string Context::String() const {
  std::vector<const ContextNode*> path;
  for (const ContextNode* node = &ContextAccess::NodeOf(*this); node != nullptr;
       node = node->parent) {
    path.push_back(node);
    if (node->kind == Kind::kNamed) break;
  }
  std::string text;
  for (; !path.empty(); path.pop_back()) {
    const ContextNode& node = *path.back();
    switch (node.kind) {
      case Kind::kRoot:
        text += node.root;
        break;
      case Kind::kCancel:
        text += ".WithCancel";
        break;
      case Kind::kDeadline: {
        using Seconds = std::chrono::duration<double>;  // which any two have
        const Seconds left = Seconds(node.deadline->time_since_epoch()) -
                             Seconds(time::Duration(sched::Clock()));
        text += ".WithDeadline(in " + std::to_string(left.count()) + "s)";
        break;
      }
      case Kind::kValue:
        text += ".WithValue(";
        text += internal::Worded(node.key);
        text += ", ";
        text += internal::Worded(node.value);
        text += ')';
        break;
      case Kind::kWithoutCancel:
        text += ".WithoutCancel";
        break;
      case Kind::kOwn: {
        const std::string own = node.own->String();
        text += own.empty() ? internal::NameOf(*node.own_type) : own;
        break;
      }
      case Kind::kNamed:
        text += *static_cast<const std::string*>(node.value.at.get());
        break;
    }
  }
  return text;
}

Context Background() { return ContextAccess::Make(&background.value); }

Context TODO() { return ContextAccess::Make(&todo.value); }

std::pair<Context, CancelFunc> WithCancel(const Context& parent) {
  return internal::WithFunction(internal::Cancellable(parent, Kind::kCancel));
}

std::pair<Context, CancelCauseFunc> WithCancelCause(const Context& parent) {
  const auto made = internal::Cancellable(parent, Kind::kCancel);
  return internal::OrEnded(made.second, [&made] {
    return std::pair<Context, CancelCauseFunc>(
        made.first, [canceller = made.second](const Error& cause) {
          canceller->End(Canceled, cause);
        });
  });
}

std::pair<Context, CancelFunc> WithDeadline(const Context& parent,
                                            time::Time deadline, Error cause) {
  if (parent) {
    const std::optional<time::Time> earlier = parent.Deadline();
    if (earlier && *earlier < deadline) return WithCancel(parent);
  }
  internal::NewNode node = internal::Child(parent, Kind::kDeadline);
  node->deadline = deadline;
  const internal::CancellerRef canceller =
      internal::NewCanceller(node.get(), parent);
  return internal::OrEnded(canceller, [&] {
    canceller->EndAt(deadline, cause);
    return internal::WithFunction(
        {ContextAccess::Make(node.release()), canceller});
  });
}

std::pair<Context, CancelFunc> WithTimeout(const Context& parent, time::Delay d,
                                           Error cause) {
  const time::Time now{time::Duration(sched::Clock())};
  const time::Duration length(d.Nanoseconds());
  const bool endless = length > time::Time::max() - now;
  return WithDeadline(parent, endless ? time::Time::max() : now + length,
                      std::move(cause));
}

Context WithoutCancel(const Context& parent) {
  internal::NewNode node = internal::Child(parent, Kind::kWithoutCancel);
  node->canceller = nullptr;
  node->asked = nullptr;
  node->deadline.reset();
  return ContextAccess::Make(node.release());
}

Error Cause(const Context& ctx) {
  const ContextNode& node = ContextAccess::NodeOf(ctx);
  if (node.canceller != nullptr) return node.canceller->Cause();
  return node.asked != nullptr ? node.asked->Err() : nullptr;
}

Base::~Base() = default;
std::optional<time::Time> Base::Deadline() const { return std::nullopt; }
const void* Base::Value(const Lookup& /*wanted*/) const { return nullptr; }
std::string Base::String() const { return {}; }

Embedding::Embedding(Context ctx) : embedded_(std::move(ctx)) {
  if (!embedded_) throw Panic(internal::kNilParent);
}
Embedding::~Embedding() = default;
RecvChan<Unit> Embedding::Done() const { return embedded_.Done(); }
Error Embedding::Err() const { return embedded_.Err(); }
std::optional<time::Time> Embedding::Deadline() const {
  return embedded_.Deadline();
}
const void* Embedding::Value(const Lookup& wanted) const {
  return embedded_.Value(wanted);
}

}  // namespace context
}  // namespace gosling
