// SPDX-License-Identifier: Apache-2.0

// Execpeer is what of a node answers `exec`, without its pods: the way of the kubelet's own handler
// (kubernetes pkg/kubelet/server/server.go, getExec) in front of the streaming server that container
// runtimes embed (k8s.io/cri-streaming). Commands run on this machine, as who runs this.
//
//	execpeer CERTIFICATE KEY PORT
//
// It listens on the port of the loopback and prints a line for each request: by which protocol the API
// server asks.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"k8s.io/apimachinery/pkg/util/httpstream/wsstream"
	"k8s.io/apimachinery/pkg/util/proxy"
	translator "k8s.io/apiserver/pkg/util/proxy"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

type runtime struct{}

// Exec runs a command and says as runc how it ended: 128 and the signal, where it was killed.
func (runtime) Exec(ctx context.Context, _ string, words []string, in io.Reader,
	out, err io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize) error {
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Stdin, c.Stdout, c.Stderr = in, out, err
	done := c.Run()
	var exit *exec.ExitError
	if !errors.As(done, &exit) {
		return done
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return &utilexec.CodeExitError{Err: done, Code: code}
}

func (runtime) Attach(context.Context, string, io.Reader, io.WriteCloser, io.WriteCloser, bool,
	<-chan remotecommand.TerminalSize) error {
	return errors.New("no attach here")
}

func (runtime) PortForward(context.Context, string, int32, io.ReadWriteCloser) error {
	return errors.New("no port-forward here")
}

type responder struct{}

func (responder) Error(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

// node is the kubelet's part.
type node struct {
	cri streaming.Server
}

// ServeHTTP answers /exec/NAMESPACE/POD/CONTAINER.
func (n node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[0] != "exec" {
		http.Error(w, "pod does not exist", http.StatusNotFound)
		return
	}
	o, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	got, err := n.cri.GetExec(&runtimeapi.ExecRequest{ContainerId: parts[3], Cmd: r.URL.Query()["command"],
		Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, Tty: o.TTY})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	to, err := url.Parse(got.Url)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	way := "spdy"
	var handler http.Handler = proxy.NewUpgradeAwareHandler(to, nil, false, true, responder{})
	if wsstream.IsWebSocketRequestWithStreamCloseProtocol(r) {
		way = "websocket"
		handler = translator.NewStreamTranslatorHandler(to, nil, 0, translator.Options{
			Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, Tty: o.TTY})
	}
	fmt.Println(way, strings.Join(parts[1:], "/"))
	handler.ServeHTTP(w, r)
}

func listen(port string) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	return l
}

func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	if err != nil {
		panic(err)
	}
	inner, outer := listen("0"), listen(os.Args[3])
	config := streaming.DefaultConfig
	config.Addr = inner.Addr().String()
	cri, err := streaming.NewServer(config, runtime{})
	if err != nil {
		panic(err)
	}
	go http.Serve(inner, cri)
	// HTTP/1.1 alone: upgrades need it.
	server := http.Server{Handler: node{cri}, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	fmt.Println("listening")
	panic(server.ServeTLS(outer, "", ""))
}
