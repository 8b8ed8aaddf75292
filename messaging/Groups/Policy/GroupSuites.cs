using System.Globalization;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups.Policy;

/// <summary>
/// The cipher suites of groups: those whose signatures a node's Ed25519 identity can make. Keys of the post-quantum one
/// have 1,216 bytes where others have 32, so its groups are smaller: what a newcomer needs must fit into one envelope.
/// </summary>
public static class GroupSuites
{
    /// <summary>What people call the post-quantum suite.</summary>
    public const string PostQuantumName = "pq";

    /// <summary>Most members of a group with post-quantum keys (docs/reference/groups.md).</summary>
    public const int MaxPostQuantumMembers = 16;

    /// <summary>Most addresses in its order table, those that left included: about 6 kB of a Welcome.</summary>
    internal const int MaxPostQuantumAddresses = 128;

    /// <summary>Most newcomers of one of its commits, each of whom costs 1.3 kB of the Welcome.</summary>
    internal const int MaxPostQuantumNewcomers = 8;

    /// <summary>Frames up to so many bytes go over radios in any group: tips, lines, questions.</summary>
    internal const int SmallFrame = 512;

    /// <summary>The suites, the usual one first.</summary>
    public static IReadOnlyList<CipherSuite> All { get; } =
    [
        CipherSuite.X25519Aes128GcmSha256Ed25519,
        CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519,
        CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519,
    ];

    /// <summary>Whether the keys of a suite hold against whoever has a quantum computer.</summary>
    public static bool IsPostQuantum(CipherSuite suite) => suite == CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519;

    /// <summary>Most members of a group with a suite.</summary>
    public static int MaxMembers(CipherSuite suite) =>
        IsPostQuantum(suite) ? MaxPostQuantumMembers : OrderTable.MaxMembers;

    /// <summary>The suite that a text names: its number, or <c>pq</c>; false if there is none.</summary>
    public static bool TryParse(string text, out CipherSuite suite)
    {
        suite = text == PostQuantumName ? CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519
            : ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
                ? (CipherSuite)number : default;
        return All.Contains(suite);
    }

    /// <summary>The suite's name as RFC 9420 or draft-ietf-mls-pq-ciphersuites has it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No group has it.</exception>
    public static string NameOf(CipherSuite suite) => suite switch
    {
        CipherSuite.X25519Aes128GcmSha256Ed25519 => "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
        CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519 => "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
        CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519 => "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
        CipherSuite.P256Aes128GcmSha256P256 or CipherSuite.P521Aes256GcmSha512P521
            or CipherSuite.P384Aes256GcmSha384P384 or _ => throw new ArgumentOutOfRangeException(nameof(suite)),
    };

    /// <summary>Whether a state with this table may be in a group with this suite.</summary>
    internal static bool Allows(CipherSuite suite, OrderTable table) => !IsPostQuantum(suite)
        || (table.MemberCount <= MaxPostQuantumMembers && table.AddressCount <= MaxPostQuantumAddresses);

    /// <summary>
    /// Bytes of orders and KeyPackages in one commit: with them, and with the longest path of keys, it still fits into
    /// one envelope. A post-quantum path through 16 leaves has up to 24 kB.
    /// </summary>
    internal static int MaxOrderBytes(CipherSuite suite) => IsPostQuantum(suite) ? 30 << 10 : 44 << 10;

    /// <summary>Most newcomers of one commit.</summary>
    internal static int MaxNewcomers(CipherSuite suite) =>
        IsPostQuantum(suite) ? MaxPostQuantumNewcomers : OrderTable.MaxMembers;

    /// <summary>How many places a KeyPackage takes among those that are kept: by its bytes.</summary>
    internal static int WeightOf(CipherSuite suite) => IsPostQuantum(suite) ? 4 : 1;

    /// <summary>
    /// Bytes that an invitation to a group of so many costs its way at least: KeyPackage, and Welcome with the leaves.
    /// </summary>
    internal static int InvitationSize(int members) => 2_900 + 1_250 + (1_450 * (members + 1));
}
