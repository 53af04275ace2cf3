import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;

/** Listens in every way that Java names, on 9301 last, until its stdin ends. */
public class Server {
  public static void main(String[] arguments) throws Exception {
    var both = new ServerSocket();
    var ipv4 = ServerSocketChannel.open(StandardProtocolFamily.INET);
    ipv4.bind(new InetSocketAddress("0.0.0.0", 9302));
    var datagrams = new DatagramSocket(9303);
    both.bind(new InetSocketAddress("0.0.0.0", 9301));
    while (System.in.read() >= 0);
    both.close();
    ipv4.close();
    datagrams.close();
  }
}
