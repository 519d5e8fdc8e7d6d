#!/bin/sh
# Build the battery, check it against Python, and run it: sh tests/benchmarks/testu01/run.sh FOLDER
# Needs gcc and Debian's libtestu01-0-dev (section non-free). SmallCrush takes minutes for all
# orderings, Crush about half an hour each; summaries are appended to FOLDER/record.txt.
set -eu
folder=${1:?give a folder for the logs}
here=$(dirname "$0")
python=${PYTHON:-.venv/bin/python}
all="entity last_entities sparse_entity reversed_entity gray_entity step replicate diagonal
    step_of_ten replicate_of_18 life_of_16 stream stream_of_64 two_streams
    overlap overlap_one_bit overlap_top_bit"
crush=${CRUSH:-"step_of_ten:high entity:low_reversed step:high replicate:high stream_of_64:high
    life_of_16:low_reversed two_streams:high replicate_of_18:high"}

mkdir -p "$folder"
gcc -O2 -march=native -Wall -Wextra -o "$folder/battery" "$here/battery.c" \
    -ltestu01 -ltestu01probdist -ltestu01mylib -lm
"$folder/battery" known | "$python" -m tests.benchmarks.testu01.known_answers

run() { # ORDERING OUTPUT BATTERY
    nice "$folder/battery" "$1" "$2" "$3" >"$folder/$1-$2-$3.log"
    sed -n "/^$3 $1 $2: /,\$p" "$folder/$1-$2-$3.log" >>"$folder/record.txt"
}
for ordering in $all; do
    for output in high low high_reversed low_reversed; do run "$ordering" "$output" SmallCrush; done
done
for pair in $crush; do run "${pair%%:*}" "${pair##*:}" Crush; done
