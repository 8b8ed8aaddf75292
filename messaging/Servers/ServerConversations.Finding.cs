using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>Who a name is, and the KeyPackages of its devices: what a server says, checked.</content>
public sealed partial class ServerConversations
{
    private static string Sentence(ServerStatus status, string server, string notFound) => status switch
    {
        ServerStatus.NotFound => notFound,
        ServerStatus.Unproven => $"{server} did not prove by its log of keys that this is the name's key",
        ServerStatus.Changed => $"the name has another key on {server} than before; if you know why, accept it: "
            + "account accept SERVER USER",
        ServerStatus.Forked => $"{server} showed two logs of keys that contradict each other: nothing goes to names "
            + "there until you accept it with account accept SERVER",
        ServerStatus.Gone =>
            $"{server} cannot be reached: the first time somebody is named, the server is asked who that is",
        _ => $"{server} does not answer that ({status})",
    };

    /// <summary>
    /// KeyPackages of the devices of a person as messages; what a server gave beside them is left out and counted.
    /// </summary>
    private List<byte[]> VerifiedOf(IReadOnlyList<byte[]> packages, byte[] person)
    {
        List<byte[]> verified = [];
        List<byte[]> devices = [];
        foreach (byte[] bytes in packages)
        {
            if (verified.Count < DeviceLeaf.MaxDevices && Verified(bytes, person) is { } package
                && !ServerOutbox.Contains(devices, package.Content.Leaf.SignatureKey.Span))
            {
                verified.Add(package.ToMessage());
                devices.Add(package.Content.Leaf.SignatureKey.ToArray());
            }
            else
            {
                Counters.Add(ServerCount.Refused);
            }
        }

        return verified;
    }

    /// <summary>
    /// Reads a KeyPackage, bare or as a message; null if it is none, of another person, or of a device that nobody
    /// takes in any more.
    /// </summary>
    private KeyPackage? Verified(byte[] bytes, ReadOnlySpan<byte> person)
    {
        if (bytes.Length is < MessageHeadSize or > ServerChange.MaxKeyPackage - MessageHeadSize)
            return null;
        byte[] message = bytes[2] == 0 && bytes[3] == KeyPackageFormat ? bytes
            : [0, 1, 0, (byte)KeyPackageFormat, .. bytes];
        return UnverifiedKeyPackage.Parse(message).TryGet(out UnverifiedKeyPackage? parsed)
            && DeviceLeaf.IsSound(parsed.Leaf) && DeviceLeaf.IsAlive(parsed.Leaf, _self.Time.GetUtcNow())
            && DeviceLeaf.PersonOf(parsed.Leaf).AsSpan().SequenceEqual(person)
            && _self.Client.Verify(parsed).TryGet(out KeyPackage? verified) ? verified : null;
    }

    /// <summary>The key of a user, the domain to reach it at where that is not the server's, and its own
    /// domain.</summary>
    private async Task<(byte[] Key, string Domain, string Home)> FindKeyAsync(string user, string server)
    {
        (string name, string where) = (user, server);
        if (user.Contains('@', StringComparison.Ordinal))
        {
            if (!ServerNames.TryParse(user, out name, out where))
                throw Usage($"'{user}' is no user of {server}");
        }
        else if (!ServerNames.IsUser(user))
        {
            throw Usage($"'{user}' is no name of a user: it has 1 to {ServerNames.MaxUser} of a-z 0-9 . - _");
        }

        string own = await _context.Loop.AskAsync(_ => _accounts.GetValueOrDefault(server)?.Domain ?? "")
            .ConfigureAwait(false);
        string domain = where == server || where == own ? "" : where;
        if (domain.Length > 0 && own.Length == 0)
            throw Usage($"'{user}' is no user of {server}, which speaks with no other server");
        ServerAnswer<byte[]> found = await _port.FindUserAsync(server, name, domain).ConfigureAwait(false);
        byte[] key = found.Value
            ?? throw Refused(Sentence(found.Status, server, domain.Length == 0
                ? $"nobody on {server} is called {name}"
                : $"nobody on {domain} is called {name}, or {server} does not speak with {domain}"));
        if (!Ed25519.IsValidPublicKey(key))
            throw Refused($"{server} names no usable key for {name}");
        string called = ServerNames.Of(name, domain.Length == 0 ? server : domain);
        byte[]? known = await _context.Loop.AskAsync(_ =>
            Find(called) is { } id ? _entries.GetValueOrDefault(id)?.PeerKey : null).ConfigureAwait(false);
        // Whoever was here first under this name keeps it; the server may not put another in its place.
        return known is null || known.AsSpan().SequenceEqual(key) ? (key, domain, domain.Length == 0 ? own : domain)
            : throw Refused($"{called} has another key than before");
    }
}
