// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/errors.h>: the count of references to an error.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_ERRORS_H_
#define GOSLING_INTERNAL_ERRORS_H_

#include <gosling/internal/export.h>

#include <memory>
#include <string_view>

namespace gosling {

class Error;

namespace errors {
class Base;
}

namespace internal {

// ErrorNode is what an Error refers to; counted (runtime/errors.h).
struct ErrorNode;

GOSLING_API void RefError(const ErrorNode* node) noexcept;
GOSLING_API void UnrefError(const ErrorNode* node) noexcept;
GOSLING_API bool SameError(const ErrorNode* a, const ErrorNode* b) noexcept;

// ErrorAccess is for the library's own.
struct ErrorAccess;

// ErrorThatIs makes an error that says `text` and that errors::Is takes for
// `target` too, though it does not wrap it: what has a method Is in Go.
GOSLING_API Error ErrorThatIs(std::string_view text, Error target);

// OwnError makes an error of a program's own kind. FindError returns the first
// address that `is` returns for one of those in err.
GOSLING_API Error OwnError(std::shared_ptr<const errors::Base> own);
GOSLING_API const void* FindError(const Error& err,
                                  const void* (*is)(const errors::Base& own));

}  // namespace internal
}  // namespace gosling

#endif  // GOSLING_INTERNAL_ERRORS_H_
