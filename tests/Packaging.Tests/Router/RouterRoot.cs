using System.Globalization;

namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>
/// A router as a file tree: busybox, stand-ins for functions.sh, rc.common and procd (beside this file), and the
/// package unpacked. What runs in it runs with chroot(1), in the shell of a router.
/// </summary>
internal sealed class RouterRoot : IDisposable
{
    private static readonly string[] _folders =
    [
        "bin", "dev", "proc", "lib/functions", "etc/config", "etc/init.d", "tmp", "overlay", "usr/bin", "root",
        "var/run", "var/etc",
    ];

    private static readonly string _stubs = Repository.File("tests/Packaging.Tests/Router");

    private readonly string _user;

    private RouterRoot(string path, string user)
    {
        Path = path;
        _user = user;
    }

    internal string Path { get; }

    /// <summary>What the service told procd since it was last asked.</summary>
    internal string[] Recorded
    {
        get
        {
            string file = File("tmp/procd");
            if (!System.IO.File.Exists(file))
                return [];
            string[] lines = System.IO.File.ReadAllLines(file);
            System.IO.File.Delete(file);
            return lines;
        }
    }

    /// <summary>What went to the system's log.</summary>
    internal string Log => System.IO.File.Exists(File("tmp/log")) ? System.IO.File.ReadAllText(File("tmp/log")) : "";

    /// <summary>Makes a router where the package's user has a number.</summary>
    internal static RouterRoot Create(int user)
    {
        string number = user.ToString(CultureInfo.InvariantCulture);
        var root = new RouterRoot(Directory.CreateTempSubdirectory("qpc-router-").FullName, number);
        Shell.Do("chmod", "755", root.Path);
        foreach (string folder in _folders)
            Directory.CreateDirectory(root.File(folder));
        Shell.Do("cp", Packages.Busybox, root.File("bin/busybox"));
        foreach (string applet in Shell.Do(Packages.Busybox, "--list")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (applet is not ("busybox" or "logger"))
                System.IO.File.CreateSymbolicLink(root.File("bin", applet), "busybox");
        }

        root.Write("bin/logger", "#!/bin/sh\necho \"$@\" >>/tmp/log\n", "755");
        Shell.Do("cp", System.IO.Path.Combine(_stubs, "functions.sh"), root.File("lib/functions.sh"));
        Shell.Do("cp", System.IO.Path.Combine(_stubs, "procd.sh"), root.File("lib/functions/procd.sh"));
        Shell.Do("install", "-m", "755", System.IO.Path.Combine(_stubs, "rc.common"), root.File("etc/rc.common"));
        root.Write("etc/passwd",
            $"root:x:0:0:root:/root:/bin/ash\nqpc-mesh:x:{number}:{number}::/var/run/qpc-mesh:/bin/false\n");
        root.Write("etc/group", $"root:x:0:\ndialout:x:20:\nqpc-mesh:x:{number}:\n");
        root.Write("etc/hosts", "127.0.0.1 localhost\n");
        foreach ((string name, string minor) in new[] { ("null", "3"), ("random", "8"), ("urandom", "9") })
            Shell.Do("mknod", "-m", "666", root.File("dev", name), "c", "1", minor);
        return root;
    }

    /// <summary>Unpacks the package's files, as opkg does.</summary>
    internal RouterRoot Install() => Unpack(Packages.Ipk("x86_64"));

    /// <summary>Unpacks the files of the page for LuCI.</summary>
    internal RouterRoot InstallPage() => Unpack(Packages.Page);

    private RouterRoot Unpack(string package)
    {
        Shell.Do("sh", "-c", $"tar -xzOf '{package}' ./data.tar.gz | tar -xz --numeric-owner -C '{Path}'");
        return this;
    }

    internal string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    internal void Write(string path, string content, string mode = "644")
    {
        System.IO.File.WriteAllText(File(path), content);
        Shell.Do("chmod", mode, File(path));
    }

    /// <summary>Runs a line of shell in the router.</summary>
    internal Ran Run(string line) =>
        Shell.Run("chroot", [Path, "/bin/sh", "-c", line],
            new Dictionary<string, string> { ["PATH"] = "/bin:/usr/bin:/usr/sbin:/sbin" });

    /// <summary>Runs a line of shell as the node's user, as procd does.</summary>
    internal Ran RunAsNode(string line) => Shell.Run("chroot", [.. AsNode(line)]);

    /// <summary>The arguments of chroot(1) for that.</summary>
    internal IEnumerable<string> AsNode(string line) =>
        [$"--userspec={_user}:{_user}", $"--groups={_user}", Path, "/bin/sh", "-c", $"PATH=/bin:/usr/bin; {line}"];

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
