# The stand-in for python:3.11-bookworm: the compilers, headers and libraries that the full official images carry.
FROM python:3.11-slim-bookworm
RUN rm -f /etc/dpkg/dpkg.cfg.d/docker \
    && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        autoconf automake bzip2 curl default-libmysqlclient-dev dpkg-dev file g++ gcc git gnupg imagemagick \
        libbluetooth-dev libbz2-dev libc6-dev libcurl4-openssl-dev libdb-dev libevent-dev libffi-dev libgdbm-dev libglib2.0-dev \
        libgmp-dev libjpeg-dev libkrb5-dev liblzma-dev libmagickcore-dev libmagickwand-dev libmaxminddb-dev libncurses5-dev \
        libncursesw5-dev libpng-dev libpq-dev libreadline-dev libsqlite3-dev libssl-dev libtool libwebp-dev libxml2-dev \
        libxslt-dev libyaml-dev make mercurial openssh-client patch procps subversion tk-dev unzip uuid-dev wget xz-utils zlib1g-dev \
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig
