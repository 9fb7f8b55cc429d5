#ifndef CPQ_H
#define CPQ_H
#endif
