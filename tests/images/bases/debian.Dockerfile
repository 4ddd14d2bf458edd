# Debian's minimal system with what this machine needs to reach the indexes: its package sources and certificates.
FROM debian-minbase
COPY machine/ /
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
CMD ["bash"]
