# SPDX-License-Identifier: Apache-2.0
"""The account of what held: each fact one line, as it is found."""


class Account:
    def __init__(self):
        self.held = self.failed = 0

    def holds(self, fact, condition, detail=""):
        self.held += bool(condition)
        self.failed += not condition
        print(("ok    " if condition else "FAIL  ") + fact
              + (f" ({detail})" if detail and not condition else ""), flush=True)

    def equal(self, fact, got, want):
        self.holds(fact, got == want, f"got {got}, expected {want}")
