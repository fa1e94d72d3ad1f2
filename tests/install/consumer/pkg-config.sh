#!/bin/sh
# A program against the installed library by pkg-config alone: pkg-config.sh SOURCE PROGRAM [--static]
set -e
flags=$(pkg-config $3 --cflags --libs pathflow)
exec c++ -O1 -Wall -Wextra -Werror "$1" -o "$2" $flags
