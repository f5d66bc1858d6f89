# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Makes the source of what page.h declares: page.py PAGE.HTML VERSION"""

import pathlib
import sys

page = pathlib.Path(sys.argv[1]).read_bytes() + b'\0'
print('#include "tools/sigstorm/page.h"')
print('namespace sigstorm {')
print(f'const char kVersion[] = "{sys.argv[2]}";')
print('const char kPage[] = {')
for i in range(0, len(page), 20):
    # Bytes of UTF-8 above 127 have to be written as the chars that they are.
    print(','.join(str(b if b < 128 else b - 256) for b in page[i:i + 20]) + ',')
print('};\n}')
