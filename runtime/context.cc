// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/context.h>. Two trees lie on each other.
//
// Nodes are what Contexts refer to: each keeps its parent. They never change,
// so they are read without a lock; what is asked often, the nearest canceller
// and the deadline, each has from the start.
//
// Cancellers are what can be cancelled: each keeps its children, until they are
// cancelled or it is. A node keeps its nearest canceller, a canceller no node:
// so there is no circle of references, and whoever holds nothing but a Done
// channel still learns of the end. A canceller knows its parent weakly, to be
// taken out of there.
//
// All cancellers below the first one under Background have one mutex, the
// tree's. With one each, as in Go, the way down would hold the locks of all
// ancestors, and recurse, on stacks that do not grow. What is under it:
// children, parents, timers, functions, and who sets err and cause; those two
// are read by anybody once `state` is not kLive, and change no more.
//
// Invariants. An ended canceller has no children, no timer and no function. When
// one ends all below it end before the mutex is released, and Err says nothing
// of it earlier: whoever has seen an error finds Done closed and all below
// ended, and whoever was woken by Done of a child finds its parent ended. Nobody
// can be made a child of an ended one.
//
// Go: context/context.go.

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/sync.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/errors.h"

namespace gosling {
namespace internal {

using context::Context;
using time::Time;

namespace {

constinit Immortal<KnownError> canceled_node("context canceled", false);
constinit Immortal<KnownError> deadline_node("context deadline exceeded", true);
constinit ErrorAccess::Known canceled(&canceled_node.value);
constinit ErrorAccess::Known deadline_exceeded(&deadline_node.value);

class Canceller;
using CancellerRef = std::shared_ptr<Canceller>;

// Functions are what is to be called when the mutex has been released, in the
// order in which they came.
class Functions {
 public:
  Functions() = default;
  Functions(const Functions&) = delete;
  Functions& operator=(const Functions&) = delete;
  ~Functions() {
    while (first_ != nullptr) Pop();
  }

  void Push(std::unique_ptr<ContextFunction> function) {
    *last_ = function.release();
    last_ = &(*last_)->next;
  }

  // Start starts them all, also if one cannot be started.
  void Start() {
    std::exception_ptr failure;
    while (first_ != nullptr) {
      try {
        Go([function = Pop()] { function->Call(); });
      } catch (...) {
        failure = std::current_exception();
      }
    }
    if (failure != nullptr) std::rethrow_exception(failure);
  }

 private:
  std::unique_ptr<ContextFunction> Pop() {
    std::unique_ptr<ContextFunction> function(first_);
    first_ = function->next;
    if (first_ == nullptr) last_ = &first_;
    return function;
  }

  ContextFunction* first_ = nullptr;
  ContextFunction** last_ = &first_;
};

class Canceller : public std::enable_shared_from_this<Canceller> {
 public:
  // Make makes one below `parent`, or, if that is null, one with a tree of its
  // own. `function`, or null, is what is called at its end, which may come at
  // once.
  static CancellerRef Make(const CancellerRef& parent,
                           std::unique_ptr<ContextFunction> function = nullptr);

  Canceller() = default;
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;
  ~Canceller();

  // End ends it and all below, if it has not ended. `err` is not nil.
  void End(const Error& err, const Error& cause);

  // EndAt ends it then, unless it has ended before.
  void EndAt(Time deadline, const Error& cause);

  // Forget takes the function away, and says whether it was there still.
  bool Forget();

  RecvChan<Unit> Done();
  Error Err() const { return HasEndedForAll() ? err_ : nullptr; }
  Error Cause() const { return HasEndedForAll() ? cause_ : nullptr; }

 private:
  // kEnding: it has ended, but Done or something below may not have yet.
  enum class State : std::uint8_t { kLive, kEnding, kEnded };

  bool HasEnded() const {
    // acquire: pairs with the release in EndLocked
    return state_.load(std::memory_order_acquire) != State::kLive;
  }

  // HasEndedForAll waits until whoever is ending it is through. Not under the
  // mutex.
  bool HasEndedForAll() const {
    // acquire: as above
    const State state = state_.load(std::memory_order_acquire);
    if (state == State::kEnding) std::lock_guard lock(*mutex_);
    return state != State::kLive;
  }

  // Under the mutex. EndLocked wants one that is in nobody's list. LeaveParent
  // returns the parent, for the reference may be the last one: it is to be
  // dropped when the mutex has been released.
  void EndLocked(const Error& err, const Error& cause, Functions* functions);
  void Adopt(Canceller* child);
  CancellerRef LeaveParent();

  std::shared_ptr<sync::Mutex> mutex_;
  std::weak_ptr<Canceller> parent_;
  Canceller* first_child_ = nullptr;
  Canceller* next_ = nullptr;  // in the list of its parent's children
  Canceller* previous_ = nullptr;
  CancellerRef kept_;  // itself, as long as it is in that list
  std::unique_ptr<ContextFunction> function_;
  std::optional<time::Timer> timer_;

  std::atomic<State> state_{State::kLive};
  Error err_;
  Error cause_;

  // The channel is made when somebody asks; has_done_ says that it is there.
  std::atomic<bool> has_done_{false};
  Chan<Unit> done_;
};

CancellerRef Canceller::Make(const CancellerRef& parent,
                             std::unique_ptr<ContextFunction> function) {
  auto child = std::make_shared<Canceller>();
  child->function_ = std::move(function);
  if (parent == nullptr) {
    child->mutex_ = std::make_shared<sync::Mutex>();
    return child;
  }
  child->mutex_ = parent->mutex_;
  child->parent_ = parent;
  Functions functions;
  {
    std::lock_guard lock(*child->mutex_);
    if (parent->HasEnded()) {
      child->EndLocked(parent->err_, parent->cause_, &functions);
    } else {
      parent->Adopt(child.get());
    }
  }
  functions.Start();
  return child;
}

// Whoever drops the last reference to a parent takes what is below apart here,
// and not each destructor the next. He does not hold the mutex.
Canceller::~Canceller() {
  if (first_child_ == nullptr) return;
  std::lock_guard lock(*mutex_);
  Canceller* todo = first_child_;
  while (todo != nullptr) {
    Canceller* child = todo;
    todo = child->next_;
    child->next_ = child->previous_ = nullptr;
    const CancellerRef last = std::move(child->kept_);
    // References to it are made of others, or under the mutex.
    if (last.use_count() > 1) continue;
    while (Canceller* grandchild = child->first_child_) {
      child->first_child_ = grandchild->next_;
      grandchild->next_ = todo;
      todo = grandchild;
    }
  }
}

void Canceller::Adopt(Canceller* child) {
  child->kept_ = child->shared_from_this();
  child->next_ = first_child_;
  if (first_child_ != nullptr) first_child_->previous_ = child;
  first_child_ = child;
}

CancellerRef Canceller::LeaveParent() {
  CancellerRef parent = parent_.lock();
  if (parent == nullptr || kept_ == nullptr) return parent;
  (previous_ != nullptr ? previous_->next_ : parent->first_child_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  next_ = previous_ = nullptr;
  kept_ = nullptr;  // not the last reference: somebody calls this
  return parent;
}

void Canceller::EndLocked(const Error& err, const Error& cause,
                          Functions* functions) {
  Canceller* todo = this;
  Canceller* ended = nullptr;
  while (todo != nullptr) {
    Canceller* c = todo;
    todo = c->next_;
    c->previous_ = nullptr;
    c->err_ = err;
    c->cause_ = cause ? cause : err;
    // release: pairs with HasEnded
    c->state_.store(State::kEnding, std::memory_order_release);
    if (c->done_) c->done_.Close();
    if (c->function_ != nullptr) functions->Push(std::move(c->function_));
    if (c->timer_) {
      c->timer_->Stop();
      c->timer_.reset();  // it refers to this canceller
    }
    while (Canceller* child = c->first_child_) {
      c->first_child_ = child->next_;
      child->next_ = todo;
      todo = child;
    }
    c->next_ = ended;
    ended = c;
  }
  while (ended != nullptr) {
    Canceller* c = ended;
    ended = c->next_;
    c->next_ = nullptr;
    const CancellerRef last = std::move(c->kept_);
    // release: pairs with HasEnded
    c->state_.store(State::kEnded, std::memory_order_release);
  }
}

void Canceller::End(const Error& err, const Error& cause) {
  const CancellerRef self = shared_from_this();
  CancellerRef parent;
  Functions functions;
  {
    std::lock_guard lock(*mutex_);
    if (HasEnded()) return;
    parent = LeaveParent();
    EndLocked(err, cause, &functions);
  }
  functions.Start();
}

void Canceller::EndAt(Time deadline, const Error& cause) {
  const Time now = std::chrono::steady_clock::now();
  if (deadline <= now) {
    End(deadline_exceeded.error, cause);
    return;
  }
  std::lock_guard lock(*mutex_);
  if (HasEnded()) return;
  timer_ = time::AfterFunc(deadline - now, [self = shared_from_this(), cause] {
    self->End(deadline_exceeded.error, cause);
  });
}

bool Canceller::Forget() {
  const CancellerRef self = shared_from_this();
  CancellerRef parent;
  std::unique_ptr<ContextFunction> doomed;
  std::lock_guard lock(*mutex_);
  if (function_ == nullptr) return false;
  doomed = std::move(function_);
  parent = LeaveParent();
  return true;
}

RecvChan<Unit> Canceller::Done() {
  // acquire: pairs with the release below
  if (has_done_.load(std::memory_order_acquire)) return done_;
  std::lock_guard lock(*mutex_);
  if (!done_) {
    done_ = MakeChan<Unit>();
    if (HasEnded()) done_.Close();
    has_done_.store(true, std::memory_order_release);
  }
  return done_;
}

}  // namespace

// Kind is how a context was made.
enum class Kind { kRoot, kCancel, kDeadline, kValue, kWithoutCancel, kNamed };

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
};

void RefContext(const ContextNode* node) noexcept {
  // relaxed: whoever passes it on has a reference
  if (node->kind != Kind::kRoot) {
    node->references.fetch_add(1, std::memory_order_relaxed);
  }
}

// Not each destructor the next: there may be very many.
void UnrefContext(const ContextNode* node) noexcept {
  // acq_rel: the last one destroys what the others have read
  while (node->kind != Kind::kRoot &&
         node->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const ContextNode* parent = node->parent;
    delete node;
    node = parent;
  }
}

struct ContextAccess {
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
  if (!parent) throw Panic("cannot create context from nil parent");
  const ContextNode& above = ContextAccess::NodeOf(parent);
  auto node = std::make_unique<ContextNode>(kind);
  RefContext(&above);
  node->parent = &above;
  node->canceller = above.canceller;
  node->deadline = above.deadline;
  return NewNode(node.release());
}

std::pair<Context, CancellerRef> Cancellable(const Context& parent, Kind kind) {
  NewNode node = Child(parent, kind);
  node->canceller = Canceller::Make(node->canceller);
  CancellerRef canceller = node->canceller;
  return {ContextAccess::Make(node.release()), std::move(canceller)};
}

// OrEnded returns what `make` does. Should that throw, nobody gets to know the
// canceller, so it ends.
template <class F>
auto OrEnded(const CancellerRef& canceller, F make) {
  try {
    return make();
  } catch (...) {
    canceller->End(canceled.error, nullptr);
    throw;
  }
}

std::pair<Context, context::CancelFunc> WithFunction(
    const std::pair<Context, CancellerRef>& made) {
  return OrEnded(made.second, [&made] {
    return std::pair<Context, context::CancelFunc>(
        made.first,
        [canceller = made.second] { canceller->End(canceled.error, nullptr); });
  });
}

}  // namespace

Context WithThing(const Context& parent, ContextKey key, ContextThing value) {
  NewNode node = Child(parent, Kind::kValue);
  node->key = std::move(key);
  node->value = std::move(value);
  return ContextAccess::Make(node.release());
}

const void* ContextValue(const Context& ctx, const std::type_info& key_type,
                         const void* key, const std::type_info& value_type) {
  for (const ContextNode* node = &ContextAccess::NodeOf(ctx); node != nullptr;
       node = node->parent) {
    if (node->kind != Kind::kValue || *node->key.type != key_type ||
        !node->key.equal(node->key.at.get(), key)) {
      continue;
    }
    return *node->value.type == value_type ? node->value.at.get() : nullptr;
  }
  return nullptr;
}

std::function<bool()> AfterCancel(const Context& ctx,
                                  std::unique_ptr<ContextFunction> function) {
  const CancellerRef canceller = Canceller::Make(
      ContextAccess::NodeOf(ctx).canceller, std::move(function));
  try {
    return [canceller] { return canceller->Forget(); };
  } catch (...) {
    canceller->Forget();
    throw;
  }
}

Context NamedContext(const Context& parent, std::string name) {
  NewNode node = Child(parent, Kind::kNamed);
  node->value = {&typeid(std::string),
                 std::make_shared<const std::string>(std::move(name))};
  return ContextAccess::Make(node.release());
}

}  // namespace internal

namespace context {

using internal::ContextAccess;
using internal::ContextNode;
using internal::Kind;

constinit const Error& Canceled = internal::canceled.error;
constinit const Error& DeadlineExceeded = internal::deadline_exceeded.error;

namespace {

constinit internal::Immortal<ContextNode> background("context.Background");
constinit internal::Immortal<ContextNode> todo("context.TODO");

}  // namespace

RecvChan<Unit> Context::Done() const {
  const ContextNode& node = ContextAccess::NodeOf(*this);
  return node.canceller != nullptr ? node.canceller->Done() : nullptr;
}

Error Context::Err() const {
  const ContextNode& node = ContextAccess::NodeOf(*this);
  return node.canceller != nullptr ? node.canceller->Err() : nullptr;
}

std::optional<time::Time> Context::Deadline() const {
  return ContextAccess::NodeOf(*this).deadline;
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
        const Seconds left =
            Seconds(node.deadline->time_since_epoch()) -
            Seconds(std::chrono::steady_clock::now().time_since_epoch());
        text += ".WithDeadline(in " + std::to_string(left.count()) + "s)";
        break;
      }
      case Kind::kValue:
        text += ".WithValue(" + std::string(node.key.type->name()) + ")";
        break;
      case Kind::kWithoutCancel:
        text += ".WithoutCancel";
        break;
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
        made.first, [canceller = made.second](Error cause) {
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
  node->canceller = internal::Canceller::Make(node->canceller);
  const internal::CancellerRef canceller = node->canceller;
  return internal::OrEnded(canceller, [&] {
    canceller->EndAt(deadline, cause);
    return internal::WithFunction(
        {ContextAccess::Make(node.release()), canceller});
  });
}

std::pair<Context, CancelFunc> WithTimeout(const Context& parent, time::Delay d,
                                           Error cause) {
  const time::Time now = std::chrono::steady_clock::now();
  const time::Duration length(d.Nanoseconds());
  const bool endless = length > time::Time::max() - now;
  return WithDeadline(parent, endless ? time::Time::max() : now + length,
                      std::move(cause));
}

Context WithoutCancel(const Context& parent) {
  internal::NewNode node = internal::Child(parent, Kind::kWithoutCancel);
  node->canceller = nullptr;
  node->deadline.reset();
  return ContextAccess::Make(node.release());
}

Error Cause(const Context& ctx) {
  const ContextNode& node = ContextAccess::NodeOf(ctx);
  return node.canceller != nullptr ? node.canceller->Cause() : nullptr;
}

}  // namespace context
}  // namespace gosling
