namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// Machines and cables: each machine is a network namespace, each cable a veth pair with a network of its own. All of
/// it, with the nodes and their files, is gone after the test.
/// </summary>
internal sealed class TestNet : IAsyncDisposable
{
    private static int _nets;

    private readonly string _prefix = $"qpc{Environment.ProcessId}-{Interlocked.Increment(ref _nets)}-";
    private readonly List<string> _namespaces = [];
    private readonly List<NodeProcess> _nodes = [];
    private readonly List<IDisposable> _others = [];
    private int _cables;

    internal TestNet() => Directory = System.IO.Directory.CreateTempSubdirectory("qpc-e2e-").FullName;

    /// <summary>Where the nodes' data is.</summary>
    internal string Directory { get; }

    /// <summary>Adds a machine without any cable.</summary>
    internal string Machine(string name)
    {
        string full = _prefix + name;
        Shell.Do("ip", "netns", "add", full);
        _namespaces.Add(full);
        Shell.Do("ip", "-n", full, "link", "set", "lo", "up");
        return full;
    }

    /// <summary>Connects two machines.</summary>
    internal Cable Connect(string a, string b)
    {
        int number = ++_cables;
        string first = $"c{number}a";
        string second = $"c{number}b";
        Shell.Do("ip", "link", "add", first, "netns", a, "type", "veth", "peer", "name", second, "netns", b);
        var cable = new Cable(a, first, $"10.77.{number}.1", b, second, $"10.77.{number}.2");
        foreach ((string machine, string device, string address) in new[] { (a, first, cable.AddressA),
            (b, second, cable.AddressB) })
        {
            Shell.Do("ip", "-n", machine, "address", "add", address + "/30", "dev", device);
            Shell.Do("ip", "-n", machine, "link", "set", device, "up");
        }

        return cable;
    }

    /// <summary>A node on a machine; it is not started yet.</summary>
    internal NodeProcess Node(string name, string? machine = null)
    {
        var node = new NodeProcess(name, machine ?? Machine(name), Path.Combine(Directory, name));
        _nodes.Add(node);
        return node;
    }

    /// <summary>Something that has to be disposed of before the machines go.</summary>
    internal T Own<T>(T other) where T : IDisposable
    {
        _others.Add(other);
        return other;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (NodeProcess node in _nodes)
            await node.DisposeAsync();
        foreach (IDisposable other in Enumerable.Reverse(_others))
            other.Dispose();
        foreach (string name in _namespaces)
            Shell.Do("ip", "netns", "delete", name);
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>A cable between two machines.</summary>
internal sealed record Cable(
    string MachineA, string DeviceA, string AddressA, string MachineB, string DeviceB, string AddressB)
{
    /// <summary>Pulls the plug: nothing arrives any more, and nobody is told.</summary>
    internal void Cut() => Shell.Do("ip", "-n", MachineA, "link", "set", DeviceA, "down");

    /// <summary>Puts it back.</summary>
    internal void Mend() => Shell.Do("ip", "-n", MachineA, "link", "set", DeviceA, "up");
}
