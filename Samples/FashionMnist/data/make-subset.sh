#!/usr/bin/env bash
# Makes the data of this folder from the full set: the first 12,000 training images and their labels, and the test set as
# it is. Usage: make-subset.sh [FOLDER]; Debian's package dataset-fashion-mnist fills the default.
set -euo pipefail
source=${1:-/usr/share/datasets/fashion-mnist}
target=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# An IDX file begins with its type and sizes, four bytes each and big endian: 12,000 is 0x00002ee0, 28 is 0x1c.
# The end of what head takes is not the end of the file, so zcat is told to stop; that is no error.
subset() { # NAME HEADER HEADER_BYTES BYTES
  { printf "$2"; { zcat "$source/$1" || true; } 2> /dev/null | tail -c +$(($3 + 1)) | head -c "$4"; } | gzip -9 -n > "$target/$1.new"
  mv "$target/$1.new" "$target/$1"
}
set +o pipefail
subset train-images-idx3-ubyte.gz '\0\0\10\3\0\0\56\340\0\0\0\34\0\0\0\34' 16 $((12000 * 784))
subset train-labels-idx1-ubyte.gz '\0\0\10\1\0\0\56\340' 8 12000
for name in t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz; do
  zcat "$source/$name" | gzip -9 -n > "$target/$name.new"
  mv "$target/$name.new" "$target/$name"
done
