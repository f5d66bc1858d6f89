// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/context.h>: the count of references to a context, and keys,
// values and functions of any type as the library sees them.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_CONTEXT_H_
#define GOSLING_INTERNAL_CONTEXT_H_

#include <gosling/internal/export.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>

namespace gosling {

namespace context {
class Base;
class Context;
class Lookup;
}  // namespace context

namespace internal {

// ContextNode is what a Context refers to; counted (runtime/context.cc).
struct ContextNode;

GOSLING_API void RefContext(const ContextNode* node) noexcept;
GOSLING_API void UnrefContext(const ContextNode* node) noexcept;

// ContextAccess is for the library's own.
struct ContextAccess;

// ContextType says what type a key or a value has, in code with RTTI and in
// code without, which may meet (runtime/context.cc).
struct ContextType {
  const void* tag;             // of one type one address, where the linker may
  const std::type_info* info;  // null without RTTI
  const char* signature;       // contains the type's name
};

#ifdef __cpp_rtti
inline constexpr bool kHasRtti = true;
#else
inline constexpr bool kHasRtti = false;
#endif

// Not constant, or a linker might lay the tags of several types together.
template <class T>
GOSLING_API inline char context_tag = 0;

template <class T>
constexpr const char* SignatureOf() {
  return __PRETTY_FUNCTION__;
}

// Two variables for a type, so that code with RTTI and code without do not
// define one differently.
template <class T, bool has_rtti = kHasRtti>
inline constexpr ContextType kContextType = {&context_tag<T>,
#ifdef __cpp_rtti
                                             &typeid(T),
#else
                                             nullptr,
#endif
                                             SignatureOf<T>()};

// ContextThing is a key or a value of any type: what it is, and where.
struct ContextThing {
  const ContextType* type;
  std::shared_ptr<const void> at;
};

// SameContextType says whether two descriptions are of one type.
GOSLING_API bool SameContextType(const ContextType& a,
                                 const ContextType& b) noexcept;

// ContextKey can be compared to another one of the same type.
struct ContextKey : ContextThing {
  bool (*equal)(const void* a, const void* b);
};

GOSLING_API context::Context WithThing(const context::Context& parent,
                                       ContextKey key, ContextThing value);

// ContextValue finds the innermost value with that key; null: there is none, or
// it is of another type.
GOSLING_API const void* ContextValue(const context::Context& ctx,
                                     const context::Lookup& wanted);

// OwnContext makes a Context of a program's own, which is of that type;
// `embedded` is the context that it embeds, or null.
GOSLING_API context::Context OwnContext(
    std::shared_ptr<const context::Base> own, const ContextType& type,
    const context::Context* embedded);

// CheckWithValue throws what WithValue does of wrong arguments.
GOSLING_API void CheckWithValue(const context::Context& parent, bool nil_key);

// ContextFunction is what AfterFunc is given.
class ContextFunction {
 public:
  virtual ~ContextFunction() = default;
  virtual void Call() = 0;

  ContextFunction* next = nullptr;  // in a list of those that are due
};

GOSLING_API std::function<bool()> AfterCancel(
    const context::Context& ctx, std::unique_ptr<ContextFunction> function);

// NamedContext is like its parent, with a text for String.
GOSLING_API context::Context NamedContext(const context::Context& parent,
                                          std::string name);

// Strings are compared by what they say, as in Go, and not by where they are.
template <class K>
inline constexpr bool kIsText = std::convertible_to<K, std::string_view> &&
                                !std::is_null_pointer_v<std::decay_t<K>>;

template <class K>
using ContextKeyType =
    std::conditional_t<kIsText<K>, std::string, std::decay_t<K>>;

template <class K>
bool IsNilKey(const K& key) {
  if constexpr (std::is_null_pointer_v<K>) {
    return true;
  } else if constexpr (kIsText<K> && std::is_pointer_v<K>) {
    return key == nullptr;
  } else {
    return false;
  }
}

}  // namespace internal
}  // namespace gosling

#endif  // GOSLING_INTERNAL_CONTEXT_H_
