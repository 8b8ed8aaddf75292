using System.Net;

namespace QuicProChat.Mesh.Transports.Names;

/// <summary>The table of names of this machine, hosts(5): <c>address name name ... # comment</c>, one a line.</summary>
internal static class HostsFile
{
    /// <summary>The addresses of a name, in the order of the file; none if it is not there.</summary>
    internal static IPAddress[] Find(IEnumerable<string> lines, string name)
    {
        var found = new List<IPAddress>();
        foreach (string line in lines)
        {
            string[] words = Words(line);
            if (words.Length > 1 && IpText.TryParse(words[0], out IPAddress address)
                && words.AsSpan(1).ContainsName(name) && !found.Contains(address)
                && found.Count < NameResolver.MaxAddresses)
                found.Add(address);
        }

        return [.. found];
    }

    /// <summary>What a line says, without its comment.</summary>
    internal static string[] Words(string line)
    {
        int comment = line.AsSpan().IndexOfAny('#', ';');
        return (comment < 0 ? line : line[..comment])
            .Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool ContainsName(this ReadOnlySpan<string> names, string name)
    {
        foreach (string one in names)
        {
            if (one.TrimEnd('.').Equals(name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static bool ContainsName(this Span<string> names, string name) =>
        ((ReadOnlySpan<string>)names).ContainsName(name);
}
