using System.Diagnostics;
using QuicProChat.Mesh.Identity.Opaque;

namespace QuicProChat.Mesh.Identity.Tests.Opaque;

public class OpaqueTests
{
    // 32 bytes that no peer may send. RFC 9496, appendix A.2: non-canonical, negative, and no square; and the identity.
    private static readonly string[] Refused =
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    ];

    private static readonly OpaqueSettings Cheap = OpaqueSettings.Default with { Stretching = null };

    private readonly byte[] _record = new byte[OpaqueSizes.RegistrationRecord];
    private readonly byte[] _exportKey = new byte[OpaqueSizes.ExportKey];
    private readonly byte[] _ke2 = new byte[OpaqueSizes.Ke2];
    private readonly byte[] _ke3 = new byte[OpaqueSizes.Ke3];
    private readonly byte[] _clientKey = new byte[OpaqueSizes.SessionKey];
    private readonly byte[] _serverKey = new byte[OpaqueSizes.SessionKey];

    public static TheoryData<string> RefusedElements => [.. Refused];

    [Theory]
    [MemberData(nameof(RefusedElements))]
    public void The_identity_and_what_is_not_canonical_is_refused_wherever_an_element_arrives(string hex)
    {
        byte[] element = Convert.FromHexString(hex);
        using OpaqueServer server = Server(1);
        Register(server, Cheap, "right");
        Assert.False(Ristretto255.IsElement(element));
        Assert.False(server.TryRespond(element, "alice"u8, new byte[64]));
        Assert.False(OpaqueServer.IsRecord([.. element, .. _record[32..]]));
        using OpaqueLogin login = new("right"u8, Cheap, Seeded(3));
        byte[] ke1 = login.Ke1.ToArray();
        Assert.Null(server.Start([.. element, .. ke1[32..]], "alice"u8, _record, _ke2));
        Assert.Null(server.Start([.. ke1[..64], .. element], "alice"u8, _record, _ke2));
        using OpaqueServerLogin started = server.Start(ke1, "alice"u8, _record, _ke2)!;
        Assert.False(login.TryFinish([.. element, .. _ke2[32..]], _ke3, _clientKey, _exportKey));
        Assert.False(login.TryFinish([.. _ke2[..224], .. element, .. _ke2[256..]], _ke3, _clientKey, _exportKey));
        using OpaqueRegistration registration = new("right"u8, Cheap, Seeded(4));
        byte[] response = new byte[64];
        Assert.True(server.TryRespond(registration.Request.Span, "alice"u8, response));
        Assert.False(registration.TryFinish([.. element, .. response[32..]], _record, _exportKey));
        Assert.False(registration.TryFinish([.. response[..32], .. element], _record, _exportKey));
    }

    [Theory]
    [InlineData("right", "alice", true)]
    [InlineData("wrong", "alice", false)]
    [InlineData("right", "bob", false)]
    [InlineData("", "alice", false)]
    public void Only_the_password_of_the_same_user_logs_in(string password, string user, bool expected)
    {
        using OpaqueServer server = Server(1);
        byte[] registered = Register(server, Cheap, "right");
        using OpaqueLogin login = new(Utf8(password), Cheap, Seeded(3));
        using OpaqueServerLogin started = server.Start(login.Ke1.Span, Utf8(user), _record, _ke2)!;
        Assert.Equal(expected, login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
        Assert.Equal(expected, started.TryFinish(_ke3, _serverKey));
        Assert.Equal(_clientKey, _serverKey);
        Assert.Equal(expected ? registered : new byte[64], _exportKey);
        Assert.Equal(expected, _clientKey.Any(b => b != 0));
    }

    [Fact]
    public void Key_stretching_is_part_of_what_was_registered()
    {
        OpaqueSettings stretched = Cheap with { Stretching = new Argon2Cost(64, 2) };
        using OpaqueServer server = Server(1);
        Register(server, stretched, "right");
        foreach (OpaqueSettings settings in new[] { stretched, Cheap, Cheap
            with { Stretching = new Argon2Cost(64, 3) } })
        {
            using OpaqueLogin login = new("right"u8, settings, Seeded(3));
            using OpaqueServerLogin started = server.Start(login.Ke1.Span, "alice"u8, _record, _ke2)!;
            Assert.Equal(ReferenceEquals(settings, stretched), login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
        }
    }

    [Fact]
    public void Another_context_or_name_on_one_side_fails()
    {
        using OpaqueServer server = Server(1);
        Register(server, Cheap, "right");
        OpaqueSettings[] others =
        [
            Cheap with { Context = "qpc-v2"u8.ToArray() },
            Cheap with { Identities = new OpaqueIdentities("alice"u8.ToArray(), default) },
            Cheap with { Identities = new OpaqueIdentities(default, "server"u8.ToArray()) },
        ];
        foreach (OpaqueSettings settings in others)
        {
            using OpaqueLogin login = new("right"u8, settings, Seeded(3));
            using OpaqueServerLogin started = server.Start(login.Ke1.Span, "alice"u8, _record, _ke2)!;
            Assert.False(login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
        }
    }

    [Fact]
    public void An_unknown_user_gets_an_answer_of_the_same_form_and_never_logs_in()
    {
        using OpaqueServer server = Server(1);
        using OpaqueLogin login = new("right"u8, Cheap, Seeded(3));
        byte[] again = new byte[OpaqueSizes.Ke2];
        using OpaqueServerLogin first = server.Start(login.Ke1.Span, "nobody"u8, default, _ke2)!;
        using OpaqueServerLogin second = server.Start(login.Ke1.Span, "nobody"u8, default, again)!;
        // The evaluation is the user's for ever, the rest is fresh: as for a user who is known.
        Assert.Equal(_ke2[..32], again[..32]);
        Assert.NotEqual(_ke2[32..64], again[32..64]);
        Assert.NotEqual(_ke2[64..192], again[64..192]);
        Assert.False(login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
        Assert.False(first.TryFinish(_ke3, _serverKey));
    }

    [Fact]
    public void Known_and_unknown_users_cost_the_same()
    {
        const int Rounds = 300;
        using OpaqueServer server = Server(1);
        Register(server, Cheap, "right");
        using OpaqueLogin login = new("right"u8, Cheap, Seeded(3));
        long[] known = new long[Rounds], unknown = new long[Rounds];
        for (int i = -20; i < Rounds; i++)
        {
            long a = Measure(server, login, _record), b = Measure(server, login, []);
            if (i >= 0)
                (known[i], unknown[i]) = (a, b);
        }

        Array.Sort(known);
        Array.Sort(unknown);
        // The lower quartile is untouched by what else the machine does; the two ways differ by nothing but a pointer.
        double ratio = (double)known[Rounds / 4] / unknown[Rounds / 4];
        Assert.InRange(ratio, 0.8, 1.25);
    }

    [Fact]
    public void Each_answer_of_a_server_cut_or_altered_anywhere_is_refused_without_an_exception()
    {
        using OpaqueServer server = Server(1);
        Register(server, Cheap, "right");
        using OpaqueLogin login = new("right"u8, Cheap, Seeded(3));
        using OpaqueServerLogin started = server.Start(login.Ke1.Span, "alice"u8, _record, _ke2)!;
        for (int length = 0; length < _ke2.Length; length++)
            Assert.False(login.TryFinish(_ke2[..length], _ke3, _clientKey, _exportKey));
        for (int at = 0; at < _ke2.Length; at++)
        {
            byte[] altered = [.. _ke2];
            altered[at] ^= (byte)(1 << (at % 8));
            Assert.False(login.TryFinish(altered, _ke3, _clientKey, _exportKey));
            Assert.True(_ke3.All(b => b == 0) && _clientKey.All(b => b == 0) && _exportKey.All(b => b == 0));
        }

        Assert.True(login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
    }

    [Fact]
    public void Each_message_of_a_client_cut_or_altered_anywhere_logs_nobody_in()
    {
        using OpaqueServer server = Server(1);
        Register(server, Cheap, "right");
        using OpaqueLogin login = new("right"u8, Cheap, Seeded(3));
        byte[] ke1 = login.Ke1.ToArray();
        for (int length = 0; length < ke1.Length; length++)
            Assert.Null(server.Start(ke1[..length], "alice"u8, _record, _ke2));
        for (int length = 0; length < 32; length++)
            Assert.False(server.TryRespond(ke1[..length], "alice"u8, new byte[64]));
        for (int at = 0; at < ke1.Length; at++)
        {
            byte[] altered = [.. ke1];
            altered[at] ^= (byte)(1 << (at % 8));
            using OpaqueServerLogin? started = server.Start(altered, "alice"u8, _record, _ke2);
            Assert.False(started is not null && login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
        }

        using OpaqueServerLogin good = server.Start(ke1, "alice"u8, _record, _ke2)!;
        Assert.True(login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
        for (int length = 0; length < _ke3.Length; length++)
        {
            using OpaqueServerLogin cut = server.Start(ke1, "alice"u8, _record, _ke2)!;
            Assert.False(cut.TryFinish(_ke3[..length], _serverKey));
        }

        byte[] flipped = [.. _ke3];
        flipped[^1] ^= 1;
        Assert.False(good.TryFinish(flipped, _serverKey));
        // One try: the right one comes too late.
        Assert.False(good.TryFinish(_ke3, _serverKey));
    }

    [Fact]
    public void A_record_cut_or_with_another_envelope_opens_nothing()
    {
        using OpaqueServer server = Server(1);
        Register(server, Cheap, "right");
        using OpaqueLogin login = new("right"u8, Cheap, Seeded(3));
        for (int length = 1; length < _record.Length; length++)
            Assert.Null(server.Start(login.Ke1.Span, "alice"u8, _record.AsSpan(0, length), _ke2));
        for (int at = 32; at < _record.Length; at++)
        {
            byte[] altered = [.. _record];
            altered[at] ^= 1;
            using OpaqueServerLogin started = server.Start(login.Ke1.Span, "alice"u8, altered, _ke2)!;
            Assert.False(login.TryFinish(_ke2, _ke3, _clientKey, _exportKey));
        }
    }

    private static long Measure(OpaqueServer server, OpaqueLogin login, ReadOnlySpan<byte> record)
    {
        Span<byte> ke2 = stackalloc byte[OpaqueSizes.Ke2];
        long start = Stopwatch.GetTimestamp();
        using OpaqueServerLogin? started = server.Start(login.Ke1.Span, "alice"u8, record, ke2);
        return Stopwatch.GetTimestamp() - start;
    }

    private byte[] Register(OpaqueServer server, OpaqueSettings settings, string password)
    {
        byte[] response = new byte[64], exportKey = new byte[64];
        using OpaqueRegistration registration = new(Utf8(password), settings, Seeded(2));
        Assert.True(server.TryRespond(registration.Request.Span, "alice"u8, response));
        Assert.True(registration.TryFinish(response, _record, exportKey));
        Assert.True(OpaqueServer.IsRecord(_record));
        return exportKey;
    }

    private static OpaqueServer Server(int seed)
    {
        byte[] secret = new byte[OpaqueServer.SecretSize];
        OpaqueServer.MakeSecret(Seeded(seed), secret);
        return new OpaqueServer(secret, Cheap, Seeded(seed + 1000));
    }

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static RandomFill Seeded(int seed)
    {
        Random random = new(seed);
        return random.NextBytes;
    }
}
