namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A switch and machines plugged into it: a bridge in a namespace of its own, which has no address there. Machines can
/// be plugged in with IPv4, with IPv6's link-local addresses, or both.
/// </summary>
internal sealed class Lan(TestNet net, string name, int number)
{
    private readonly string _switch = Switch(net, name);
    private int _ports;

    /// <summary>Plugs a machine in; returns the name of its interface.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="ipv4">It gets an address of 10.88.NUMBER.0/24.</param>
    /// <param name="ipv6">It gets its link-local address.</param>
    /// <param name="device">What its interface is called.</param>
    internal string Plug(string machine, bool ipv4 = true, bool ipv6 = true, string? device = null)
    {
        int port = ++_ports;
        device ??= $"{name}{port}";
        Shell.Do("ip", "link", "add", $"p{port}", "netns", _switch, "type", "veth", "peer", "name", device,
            "netns", machine);
        if (!ipv6)
            Shell.Do("ip", "netns", "exec", machine, "sh", "-c",
                $"echo 1 > /proc/sys/net/ipv6/conf/{device}/disable_ipv6");
        if (ipv4)
            Shell.Do("ip", "-n", machine, "address", "add", $"{AddressOf(port)}/24", "dev", device);
        Shell.Do("ip", "-n", _switch, "link", "set", $"p{port}", "master", "br0");
        Shell.Do("ip", "-n", _switch, "link", "set", $"p{port}", "up");
        Shell.Do("ip", "-n", machine, "link", "set", device, "up");
        return device;
    }

    /// <summary>The IPv4 address of the machine that was plugged in as the n-th, from 1.</summary>
    internal string AddressOf(int port) => $"10.88.{number}.{port}";

    private static string Switch(TestNet net, string name)
    {
        string machine = net.Machine($"switch-{name}");
        Shell.Do("ip", "-n", machine, "link", "add", "br0", "type", "bridge", "forward_delay", "0",
            "mcast_snooping", "0");
        Shell.Do("ip", "-n", machine, "link", "set", "br0", "up");
        return machine;
    }
}
