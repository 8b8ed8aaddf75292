using System.Diagnostics;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// avahi-daemon on a machine, with a message bus of its own: what most Linux desktops answer multicast DNS with.
/// </summary>
internal sealed class Avahi : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _machine;
    private readonly string _folder;
    private readonly List<Process> _processes = [];

    /// <param name="net">The machines.</param>
    /// <param name="machine">Where it runs.</param>
    /// <param name="name">What the machine is called.</param>
    /// <param name="service">A file for /etc/avahi/services; null for none.</param>
    internal Avahi(TestNet net, string machine, string name, string? service = null)
    {
        _machine = machine;
        _folder = Path.Combine(net.Directory, $"avahi-{name}");
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "bus.conf"), $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
              "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <type>system</type>
              <listen>unix:path={_folder}/bus</listen>
              <policy context="default">
                <allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/>
              </policy>
            </busconfig>
            """);
        File.WriteAllText(Path.Combine(_folder, "avahi.conf"), $"""
            [server]
            host-name={name}
            use-ipv4=yes
            use-ipv6=yes
            ratelimit-interval-usec=1000000
            ratelimit-burst=1000
            [publish]
            publish-workstation=no
            """);
        Launch("dbus-daemon", $"--config-file={_folder}/bus.conf", "--nofork", "--nopidfile");
        Await(() => File.Exists($"{_folder}/bus"), "the message bus");
        // A folder of its own for its socket and number: several daemons run beside each other in these tests.
        Launch(
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs none /run && mkdir -p /run/avahi-daemon && mount -t tmpfs none /etc/avahi/services && "
                + (service is null ? "" : $"cp {service} /etc/avahi/services/ && ")
                + $"exec avahi-daemon --file={_folder}/avahi.conf --no-drop-root --no-chroot --no-proc-title");
        Await(() => Run("avahi-browse", "-at").ExitCode == 0, "avahi-daemon");
    }

    private string Bus => $"unix:path={_folder}/bus";

    /// <summary>What <c>avahi-browse</c> resolves of a service now, one <c>;</c>-separated line an address.</summary>
    internal string Browse(string service) => Run("avahi-browse", "-rpt", service).Output;

    /// <summary>Publishes a service until the test ends.</summary>
    internal void Publish(string name, string service, int port, params string[] texts) =>
        Launch("avahi-publish-service",
            [name, service, port.ToString(System.Globalization.CultureInfo.InvariantCulture), .. texts]);

    public void Dispose()
    {
        foreach (Process process in Enumerable.Reverse(_processes))
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }

    private Ran Run(string program, params string[] arguments) =>
        Shell.Run("ip", ["netns", "exec", _machine, "env", $"DBUS_SYSTEM_BUS_ADDRESS={Bus}", program, .. arguments]);

    private void Launch(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("ip") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])["netns", "exec", _machine, "env", $"DBUS_SYSTEM_BUS_ADDRESS={Bus}",
            program, .. arguments])
            start.ArgumentList.Add(argument);
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    private static void Await(Func<bool> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > Patience)
                throw new TimeoutException($"{what} is not there within {Patience.TotalSeconds} s");
            Thread.Sleep(20);
        }
    }
}
