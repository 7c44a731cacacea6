# syntax=docker/dockerfile:1
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath \
      -ldflags "-s -w -X cairn/bot/app.version=${VERSION}" -o /out/cairn . \
 && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/cairn /cairn
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV XDG_DATA_HOME=/data TMPDIR=/data
VOLUME /data
EXPOSE 8080
# Any address but loopback needs CAIRN_ACCESS_TOKEN (or a *_FILE) to be set.
ENTRYPOINT ["/cairn"]
CMD ["serve", "--data", "/data", "--listen", "0.0.0.0:8080"]
