using System.Globalization;
using System.Net;

namespace QuicProChat.Mesh.Transports.Names;

/// <summary>
/// Who is asked for names, and how: what resolv.conf(5) says of it. Whatever else stands there is passed over.
/// </summary>
/// <param name="Servers">Whom to ask, in this order.</param>
/// <param name="Search">Domains to try behind names with few dots.</param>
/// <param name="Dots">Names with so many dots are tried as they are first.</param>
/// <param name="Timeout">How long to wait for a server.</param>
/// <param name="Attempts">How often each server is asked.</param>
internal sealed record NameSettings(
    IReadOnlyList<IPAddress> Servers, IReadOnlyList<string> Search, int Dots, TimeSpan Timeout, int Attempts)
{
    // The limits of resolv.conf(5).
    private const int MaxServers = 3;
    private const int MaxSearch = 6;
    private const int MaxDots = 15;
    private const int MaxTimeoutSeconds = 30;
    private const int MaxAttempts = 5;

    /// <summary>
    /// Shorter than resolv.conf(5) has it: a dial has five seconds, and the second server wants some of them.
    /// </summary>
    private const int UsualTimeoutSeconds = 2;

    /// <summary>Reads a file's lines.</summary>
    internal static NameSettings Read(IEnumerable<string> lines)
    {
        var servers = new List<IPAddress>();
        string[] search = [];
        int dots = 1, timeout = UsualTimeoutSeconds, attempts = 2;
        foreach (string line in lines)
        {
            string[] words = HostsFile.Words(line);
            switch (words)
            {
                case ["nameserver", var text, ..] when servers.Count < MaxServers
                    && IpText.TryParse(text, out IPAddress server):
                    servers.Add(server);
                    break;
                case ["domain" or "search", ..]:
                    // The last of them counts.
                    search = [.. words.Skip(1).Select(static w => w.TrimEnd('.'))
                        .Where(static w => IpText.IsHostName(w)).Take(MaxSearch)];
                    break;
                case ["options", ..]:
                    foreach (string option in words.Skip(1))
                    {
                        dots = Option(option, "ndots:", 0, MaxDots) ?? dots;
                        timeout = Option(option, "timeout:", 1, MaxTimeoutSeconds) ?? timeout;
                        attempts = Option(option, "attempts:", 1, MaxAttempts) ?? attempts;
                    }

                    break;
            }
        }

        if (servers.Count == 0)
            servers.Add(IPAddress.Loopback);
        return new NameSettings(servers, search, dots, TimeSpan.FromSeconds(timeout), attempts);
    }

    /// <summary>The full names to ask for, in this order.</summary>
    internal IReadOnlyList<string> Candidates(string host)
    {
        if (host.EndsWith('.'))
            return [host[..^1]];
        string[] searched = [.. Search.Select(domain => $"{host}.{domain}").Where(static n => IpText.IsHostName(n))];
        return host.Count(static c => c == '.') >= Dots ? [host, .. searched] : [.. searched, host];
    }

    private static int? Option(string option, string name, int least, int most) =>
        option.StartsWith(name, StringComparison.Ordinal)
        && int.TryParse(option.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? Math.Clamp(value, least, most) : null;
}
