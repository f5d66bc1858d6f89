// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "textflag.h"

TEXT ·illegal(SB), NOSPLIT, $0
	UNDEF
	RET
