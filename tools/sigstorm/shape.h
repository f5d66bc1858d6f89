// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How a storm's signals lie in time, at the same rate over all of it.

#ifndef TOOLS_SIGSTORM_SHAPE_H_
#define TOOLS_SIGSTORM_SHAPE_H_

#include <array>
#include <string_view>
#include <utility>

namespace sigstorm {

enum class Shape {
  kSteady,  // evenly
  kBurst,   // ten bursts a second, as fast as the sender can, with calm between
  kRamp,    // from none to twice the rate
  kRandom,  // independent of each other: exponential distances
};

constexpr std::array<std::pair<std::string_view, Shape>, 4> kShapeNames = {{
    {"steady", Shape::kSteady},
    {"burst", Shape::kBurst},
    {"ramp", Shape::kRamp},
    {"random", Shape::kRandom},
}};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_SHAPE_H_
