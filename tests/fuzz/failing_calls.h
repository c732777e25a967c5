// System calls that fail on demand: whoever links failing_calls.cc has open, write, rename and the like replaced by
// ones that do as told, in the libraries that it uses, too.
#pragma once

enum class Failure { kIoError, kDiskFull, kShortWrite };

// From now on the nth call (from 0) fails, once; a short write writes half, and only writes count. -1: none does.
void FailCall(int nth, Failure how);
// How many calls there were since.
int CallsSince();
