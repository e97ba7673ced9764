#!/bin/busybox sh
# The first process of a guest: a login prompt on the screen, and commands that the host sends on the serial line.
export PATH=/bin TERM=linux
/bin/busybox mkdir -p /proc /sys /dev /tmp /etc /home/admin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
[ -e /dev/vcsu1 ] || mknod /dev/vcsu1 c 7 65
[ -e /dev/vcsa1 ] || mknod /dev/vcsa1 c 7 129

hostname guest
echo "admin:$(mkpasswd -m md5 'S3cret|pass~word'):0:0::/home/admin:/bin/sh" >/etc/passwd
echo admin:x:0: >/etc/group
echo 'Welcome to \n, kernel \r, \l' >/etc/issue
# The kernel makes a variable of each of its parameters that it does not know.
(sleep "${login_after_s:-0}"; while :; do getty 38400 tty1 linux; done) &

exec </dev/ttyS0 >/dev/ttyS0 2>/dev/null
stty raw -echo
echo
echo ready
while IFS= read -r line; do
    (eval "$line") </dev/null >/tmp/answer 2>&1
    echo "$? $(gzip -c /tmp/answer | base64 -w 0)"
done
