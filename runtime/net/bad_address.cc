// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/bad_address.h"

#include <string>

namespace gosling::net {

Error BadAddress(std::string_view address, std::string_view why) {
  if (address.empty()) return errors::New(why);
  std::string text = "address ";
  text += address;
  text += ": ";
  text += why;
  return errors::New(text);
}

}  // namespace gosling::net
