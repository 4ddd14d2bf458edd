//! Names of libraries and packages, as far as whole lists of them are needed.

/// Libraries of the small images of Debian with Python, as `key` writes them.
pub(super) const IN_DEBIAN: &str = "\
    acl apt-pkg attr audit blkid bz bz2-1.0 c cap com-err crypt crypto db5.3 debconfclient expat ext2fs ffi gcc-s \
    gcc-s1 gcrypt gmp gnutls gpg-error hogweed idn lz4- lz4 lzma md mount ncurses ncursesw nettle nsl p11-kit \
    pam0g pcre2-8 readline seccomp selinux semanage sepol smartcols sqlite3 ss ssl stdc++ systemd tasn tinfo tirpc \
    udev unistring uuid xxhash z zlib1g zstd gdbm gdbm-compat tcl8.6 tk8.6";

/// Libraries of the images of Alpine with Python, as `key` writes them.
pub(super) const IN_ALPINE: &str = "\
    bz crypto expat ffi gdbm ncursesw ncurses-libs readline sqlite-libs ssl uuid xz-libs z zlib musl lzma panelw \
    intl nsl tirpc c-utils";

/// Libraries of which the full images have the headers, as `key` writes them: `buildpack-deps`.
pub(super) const IN_FULL: &str = "\
    bz2-1.0 cairo curl db5.3 event ffi freetype gdbm glib2.0 gmp gssapi-krb5 jpeg62-turbo lzma magickcore-6.q16 \
    magickwand-6.q16 mariadb maxminddb ncurses png16 pq readline sqlite3 ssl tiff webp webpdemux webpmux xml xslt \
    yaml-0 zlib1g";

/// Packages that bring no library of others along, but those with their own name.
pub(super) const SIMPLE: &str = "\
    apt-utils bash build-base build-essential bzip2 ca-certificates cargo cron dos2unix dumb-init file findutils \
    gcc g++ gosu gzip htop iproute2 iputils-ping jq less libc6-dev libgomp1 linux-headers locales lsb-release make \
    musl-dev nano net-tools netbase netcat netcat-openbsd netcat-traditional openssl patch pkg-config procps \
    postgresql-client rsync sed shadow su-exec sudo supervisor tar tini tzdata unzip vim zip xz-utils";

/// Whether a name is in such a list.
pub(super) fn is_in(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|it| it == name)
}
