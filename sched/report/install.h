// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// InstallReports is the one door from below into this folder, for Bootstrap.

#ifndef GOSLING_SCHED_REPORT_INSTALL_H_
#define GOSLING_SCHED_REPORT_INSTALL_H_

namespace gosling::sched {

// InstallReports fills in `reports`, reads GODEBUG, and installs the handlers
// of panics, faults and SIGQUIT. Once, before the first M runs.
void InstallReports();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_INSTALL_H_
