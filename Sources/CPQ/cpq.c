#include "cpq.h"
