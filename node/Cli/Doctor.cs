using System.Globalization;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// The checks of <c>ctl doctor</c>: from what the machine shows and what the daemon answers to what is to be done.
/// </summary>
internal static class Doctor
{
    /// <summary>Before this nobody built this program: a clock that says so was never set.</summary>
    private static readonly DateTimeOffset FirstYear = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Less room than this on the data directory's disk is a problem; arbitrary, some minutes of a busy relay.
    /// </summary>
    private const long LeastRoom = 8 << 20;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite;

    /// <summary>What needs no daemon: clock, disk, key.</summary>
    internal static IEnumerable<Finding> OfMachine(string directory, string keyFile, TimeProvider time)
    {
        yield return OfClock(time.GetUtcNow());
        yield return OfDisk(directory);
        yield return OfKey(keyFile);
    }

    internal static Finding OfClock(DateTimeOffset now)
    {
        string said = now.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return now < FirstYear
            ? new Finding("clock", Severity.Problem, $"the clock says {said}",
                "the node works; times of messages are wrong until the clock is set: start NTP, or set it with date -s")
            : new Finding("clock", Severity.Fine, $"the clock says {said}");
    }

    internal static Finding OfDisk(string directory)
    {
        if (!Directory.Exists(directory))
            return new Finding(
                "disk", Severity.Note, $"the data directory {directory} is not there, or this user may not see it",
                "say --data-dir, or ask as root");
        long room;
        try
        {
            room = new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Finding("disk", Severity.Problem, $"{directory}: {FaultText.Of(e)}",
                "look at the disk: dmesg, mount");
        }

        string text = $"{directory} has room for {(room >> 20).ToString(CultureInfo.InvariantCulture)} MB";
        return room < LeastRoom
            ? new Finding("disk", Severity.Problem, text,
                "make room, or give dataDir another disk: a full disk takes no messages")
            : new Finding("disk", Severity.Fine, text);
    }

    internal static Finding OfKey(string keyFile)
    {
        UnixFileMode mode;
        try
        {
            mode = File.GetUnixFileMode(keyFile);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Finding("key", Severity.Problem, $"there is no key file {keyFile}",
                "say where it is with --key-file; if it is lost, restore it: qpc-mesh ctl restore FILE");
        }
        catch (UnauthorizedAccessException)
        {
            return new Finding("key", Severity.Note, $"this user may not see the key file {keyFile}",
                "ask as root, or as the node's user");
        }

        if ((mode & Others) != 0)
            return new Finding("key", Severity.Problem, $"{keyFile} is open to other users", $"chmod 600 {keyFile}");
        return DataDirectory.IsOnRamDisk(keyFile)
            ? new Finding("key", Severity.Problem, $"{keyFile} lies on a RAM disk: it is gone after the next reboot",
                "move it to a lasting place (keyFile), and back it up: qpc-mesh ctl backup FILE")
            : new Finding("key", Severity.Fine, $"{keyFile} is closed to others", "");
    }

    /// <summary>What the answer to <c>status</c> tells.</summary>
    internal static IEnumerable<Finding> OfStatus(StatusInfo status)
    {
        yield return new Finding("daemon", Severity.Fine,
            $"version {status.Version}, up {TimeSpan.FromSeconds(status.UptimeSeconds):d\\.hh\\:mm\\:ss}");
        string[] listen = Texts(status.Listen), waiting = Texts(status.Waiting), dialling = Texts(status.Dialling);
        if (listen.Length > 0)
            yield return new Finding("ports", Severity.Fine, "listening on " + string.Join(' ', listen));
        else if (waiting.Length == 0 && dialling.Length == 0)
            yield return new Finding("ports", Severity.Problem, "this node listens nowhere and dials nobody",
                "set listen or peers");
        foreach (string place in waiting)
            yield return new Finding("ports", Severity.Problem, $"not listening yet: {place}",
                "bring the interface up, or correct listen");
        int peers = status.Peers;
        yield return peers > 0
            ? new Finding("neighbours", Severity.Fine,
                $"{peers.ToString(CultureInfo.InvariantCulture)} links, "
                    + $"{status.Routes.ToString(CultureInfo.InvariantCulture)} nodes known")
            : new Finding("neighbours", Severity.Problem, dialling.Length > 0 ? "no neighbour answers: "
                + string.Join(' ', dialling) : "no neighbour",
                "check the address and the firewall of the peer, and that both have the same network key");
        yield return status.QuicAvailable
            ? new Finding("quic", Severity.Fine, "QUIC is available")
            : new Finding("quic", Severity.Note, "no QUIC: this is the static program, or libmsquic is missing",
                "links use TCP; for QUIC install the .deb and libmsquic from Microsoft's archive");
        string[] warnings = Texts(status.Warnings);
        foreach (string warning in warnings)
            yield return new Finding("duplicates", Severity.Problem, warning,
                "if a backup was restored on two machines, end one of them and give it a key of its own");
        if (warnings.Length == 0)
            yield return new Finding("duplicates", Severity.Fine,
                "no neighbour saw this identity twice in the last day");
    }

    /// <summary>The folder for fetched files, if <c>settings</c> names one.</summary>
    internal static IEnumerable<Finding> OfDownloads(IReadOnlyList<SettingInfo> settings, string directory)
    {
        string folder = settings.FirstOrDefault(s => s.Key == "downloads")?.Value ?? "";
        if (folder.Length == 0)
            yield break;
        string text = $"fetched files are written to {Screen.Printable(folder)}";
        if (!Directory.Exists(folder))
        {
            yield return new Finding("files", Severity.Note, text
                + ", which is not there yet, or this user may not see it",
                "it is made with the first file; where a service may not write there (systemd, a jail), name it in "
                    + "the service's settings");
            yield break;
        }

        bool isOpen = (File.GetUnixFileMode(folder) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;
        yield return isOpen || Libc.HasOwnerOf(folder, directory) is null or true
            ? new Finding("files", Severity.Fine, text)
            : new Finding("files", Severity.Problem, text + ", which belongs to another user than the store",
                $"let the node's user write there: chown --reference={Screen.Printable(directory)} "
                    + $"{Screen.Printable(folder)}");
    }

    /// <summary>What the answer to <c>fapp-status</c> tells, where appointments are on.</summary>
    internal static IEnumerable<Finding> OfAppointments(FappStatusInfo status)
    {
        if (status.Mode == "off")
            yield break;
        string text = $"appointments: {Screen.Count(status.Practices, "practice")} known in "
            + $"{Screen.Count(status.Regions.Count, "region")}";
        yield return status.HasClock
            ? new Finding("fapp", Severity.Fine, text)
            : new Finding("fapp", Severity.Problem, text
                + "; the kernel does not say that the clock is right, so no card and no list is checked",
                "start NTP; where something else sets the clock (a container, a virtual machine), set fappTrustsClock");
    }

    /// <summary>What the answer to <c>radio</c> tells: one finding a radio.</summary>
    internal static IEnumerable<Finding> OfRadios(IReadOnlyList<RadioInfo> radios)
    {
        foreach (RadioInfo radio in radios)
        {
            string why = radio.Why is { Length: > 0 } reason ? ": " + reason : "";
            string text = $"{radio.Device} is {radio.State}{why}";
            yield return radio.State switch
            {
                "online" => new Finding("radio", Severity.Fine, text),
                "closed" => new Finding("radio", Severity.Problem, text,
                    "plug the modem in; ls -l /dev/serial/by-id shows its lasting name; the node's user must be in "
                        + "the group dialout"),
                _ => new Finding("radio", Severity.Problem, text,
                    "look at the modem's cable and power, and at the settings of its entry in listen"),
            };
        }
    }

    private static string[] Texts(IEnumerable<string> texts) => [.. texts.Select(Screen.Printable)];
}
