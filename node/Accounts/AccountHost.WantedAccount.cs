using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Node.Accounts;

/// <content>What somebody wants to register or log in as.</content>
internal sealed partial class AccountHost
{
    /// <summary>An account that somebody wants, and how its server is to be known.</summary>
    /// <param name="Endpoint">Where the server is.</param>
    /// <param name="User">The name there.</param>
    /// <param name="Key">The fingerprint that its key must have; null: none is named.</param>
    /// <param name="Certificates">Certificates of an authority in PEM, empty for the system's; null: its key is
    /// pinned.</param>
    internal sealed record WantedAccount(ServerEndpoint Endpoint, string User, string? Key, string? Certificates)
    {
        private const string Take = "log in with --key and the fingerprint that the operator names.";

        /// <summary>Reads what somebody typed.</summary>
        /// <exception cref="ControlException">Some of it is wrong.</exception>
        internal static WantedAccount Read(string? server, string? user, string? key, string? ca)
        {
            if (server is not { Length: > 0 } || user is not { Length: > 0 })
                throw ControlException.Usage("this command needs \"server\" and \"user\"");
            if (!ServerEndpoint.TryParse(server, out ServerEndpoint? endpoint, out string? error))
                throw ControlException.Usage(error);
            if (!ServerNames.IsServer(AccountRecord.NameOf(endpoint)))
                throw ControlException.Usage(
                    $"'{server}' is no server: names in other letters than a-z are written as xn--");
            if (!Username.IsValid(user))
                throw ControlException.Usage(
                    $"'{user}' is no name of a user: it has 1 to {Username.MaxLength} of a-z 0-9 . - _");
            if (key is not null && (key.Length != FingerprintDigits || !key.All(char.IsAsciiHexDigit)))
                throw ControlException.Usage($"\"key\" is a fingerprint: {FingerprintDigits} hexadecimal digits");
            if (key is not null && ca is not null)
                throw ControlException.Usage("\"key\" and \"ca\" do not go together");
            return new WantedAccount(endpoint, user, key, ca is null ? null : ReadCertificates(ca));
        }

        internal ServerTrust ToTrust(AccountRecord? before) => TrustAfter(before) switch
        {
            (AccountRecord.TrustKind.Key, "") => ServerTrust.FirstSeen(),
            var (kind, what) => Record(kind, what).ToTrust(Take),
        };

        /// <summary>How the server is known: what is named goes before what is kept.</summary>
        internal (AccountRecord.TrustKind Kind, string What) TrustAfter(AccountRecord? before) =>
            Key is not null ? (AccountRecord.TrustKind.Key, Key.ToLowerInvariant())
            : Certificates is { } pem
                ? (pem.Length == 0 ? AccountRecord.TrustKind.System : AccountRecord.TrustKind.Authority, pem)
            : before is not null ? (before.Trust, before.Trusted) : (AccountRecord.TrustKind.Key, "");

        private AccountRecord Record(AccountRecord.TrustKind kind, string what) =>
            new() { Endpoint = Endpoint, User = User, Trust = kind, Trusted = what };

        private static string ReadCertificates(string ca)
        {
            if (ca == "system")
                return "";
            try
            {
                return System.Text.Encoding.UTF8.GetString(BoundedFile.Read(ca, AccountRecord.MaxCertificates));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw ControlException.Refused(FaultText.Of(e));
            }
        }
    }
}
