// Who may send requests to us, and how many: see guard.h.
%{
#include "guard.h"
%}
%include "guard.h"
