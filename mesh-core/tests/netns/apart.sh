# What `run` and `bench` share: whether namespaces can be made here, which program
# is tried, and how a driver is started where nothing can touch this machine.
#
# Everything runs in network, mount and process namespaces of its own: the bridges
# and both ends of every cable are in there, so nothing touches an interface of
# this machine, and all of it is gone when the first process in there ends,
# however it ends.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../../.." && pwd)

skip() {
    echo "netns: skipped: $1"
    exit 0
}

# Finds out how to be apart, or skips with the reason.
find_apart() {
    local tool probe why
    for tool in bridge ip nsenter python3 unshare; do
        command -v "$tool" >/dev/null || skip "there is no $tool here (Debian: apt-get install iproute2 util-linux python3)"
    done
    apart=(unshare --net --mount --pid --fork --kill-child=KILL --mount-proc)
    probe='mount -t tmpfs none /run && mkdir -p /run/netns && ip link add probe type bridge && ip netns add probe'
    if ! "${apart[@]}" sh -c "$probe" >/dev/null 2>&1; then
        apart+=(--map-root-user)
        why=$("${apart[@]}" sh -c "$probe" 2>&1) || skip "no network namespaces here (${why//$'\n'/ })"
    fi
}

# start DRIVER PROGRAM [ARGUMENT …]: runs a Python driver in there, with a folder
# that is gone afterwards.
start() {
    local driver=$1 program=$2
    shift 2
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "${apart[@]}" sh -c 'mount -t tmpfs none /run && mkdir /run/netns && exec "$@"' sh \
        python3 -Bu "$here/$driver" "$program" "$folder" "$@"
}
