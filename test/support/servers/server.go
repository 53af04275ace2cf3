// Listens in every way that Go names, on 9201 last, until its stdin ends.
package main

import (
	"io"
	"net"
	"os"
)

func main() {
	if _, err := net.ListenPacket("udp", ":9204"); err != nil {
		panic(err)
	}
	for _, each := range [][2]string{{"tcp4", "0.0.0.0:9202"}, {"tcp6", "[::]:9202"}, {"tcp", "127.0.0.1:9203"}, {"tcp", "0.0.0.0:9201"}} {
		if _, err := net.Listen(each[0], each[1]); err != nil {
			panic(err)
		}
	}
	io.Copy(io.Discard, os.Stdin)
}
