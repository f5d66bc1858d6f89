# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Makes the source of what embedded.h declares:

    embed.py VERSION PAGE.HTML RECEIVER.GO
"""

import pathlib
import sys

VERSION, *FILES = sys.argv[1:]
print('#include "tools/sigstorm/embedded.h"')
print('namespace sigstorm {')
print(f'const char kVersion[] = "{VERSION}";')
for name, file in zip(('kPage', 'kGoReceiver'), FILES):
    text = pathlib.Path(file).read_bytes() + b'\0'
    print(f'const char {name}[] = {{')
    for i in range(0, len(text), 20):
        # Bytes of UTF-8 above 127 have to be written as the chars that they are.
        print(','.join(str(b if b < 128 else b - 256)
                       for b in text[i:i + 20]) + ',')
    print('};')
print('}')
