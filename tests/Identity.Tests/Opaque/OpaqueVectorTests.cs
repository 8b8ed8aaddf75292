using System.Text.Json;
using QuicProChat.Mesh.Identity.Opaque;

namespace QuicProChat.Mesh.Identity.Tests.Opaque;

/// <summary>
/// The published vectors of RFC 9807 (appendix C), RFC 9497 (appendix A.1.1) and RFC 9380 (appendix K.2).
/// </summary>
public class OpaqueVectorTests
{
    private const string Inputs = "vectors/opaque/vectors.json";

    // RFC 9380, appendix K.2.
    [Theory]
    [InlineData("", "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba")]
    [InlineData("abc", "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc")]
    public void Messages_expand_as_published(string message, string expected)
    {
        byte[] output = new byte[32];
        ExpandMessageXmd.Expand(
            System.Text.Encoding.ASCII.GetBytes(message), "QUUX-V01-CS02-with-expander-SHA512-256"u8, output);
        Assert.Equal(expected, Convert.ToHexStringLower(output));
    }

    [SharedFact(Inputs)]
    public void The_published_OPRF_outputs_come_out()
    {
        JsonElement suite = Assert.Single(Vectors("oprf"), s => s.GetProperty("mode").GetInt32() == 0);
        byte[] key = new byte[32], element = new byte[32], output = new byte[64];
        Oprf.DeriveKeyPair(Hex(suite, "seed"), Hex(suite, "keyInfo"), key, default);
        Assert.Equal(Hex(suite, "skSm"), key);
        JsonElement[] vectors = [.. suite.GetProperty("vectors").EnumerateArray()];
        Assert.Equal(2, vectors.Length);
        foreach (JsonElement vector in vectors)
        {
            byte[] input = Hex(vector, "Input"), blind = Hex(vector, "Blind");
            Assert.True(Oprf.TryBlind(input, blind, element));
            Assert.Equal(Hex(vector, "BlindedElement"), element);
            Assert.True(Oprf.TryBlindEvaluate(key, element, element));
            Assert.Equal(Hex(vector, "EvaluationElement"), element);
            Assert.True(Oprf.TryFinalize(input, blind, element, output));
            Assert.Equal(Hex(vector, "Output"), output);
        }
    }

    [SharedFact(Inputs)]
    public void The_published_registrations_and_logins_come_out()
    {
        JsonElement[] vectors =
            [.. Vectors("opaque").Where(v => v.GetProperty("config").GetProperty("Fake").GetString() == "False")];
        Assert.Equal(2, vectors.Length);
        foreach (JsonElement vector in vectors)
        {
            JsonElement inputs = vector.GetProperty("inputs"), outputs = vector.GetProperty("outputs");
            OpaqueSettings settings = Settings(vector);
            byte[] password = Hex(inputs, "password"), identifier = Hex(inputs, "credential_identifier");
            using OpaqueServer server = Server(inputs, settings);
            Assert.Equal(Hex(inputs, "server_public_key"), server.PublicKey);

            byte[] response = new byte[64], record = new byte[192], exportKey = new byte[64], sessionKey = new byte[64];
            using OpaqueRegistration registration = new(
                password, settings,
                Script(Hex(inputs, "blind_registration"), new byte[32], Hex(inputs, "envelope_nonce")));
            Assert.Equal(Hex(outputs, "registration_request"), registration.Request);
            Assert.True(server.TryRespond(registration.Request.Span, identifier, response));
            Assert.Equal(Hex(outputs, "registration_response"), response);
            Assert.True(registration.TryFinish(response, record, exportKey));
            Assert.Equal(Hex(outputs, "registration_upload"), record);
            Assert.Equal(Hex(outputs, "export_key"), exportKey);

            byte[] ke2 = new byte[320], ke3 = new byte[64];
            using OpaqueLogin login = new(
                password, settings,
                Script(Hex(inputs, "blind_login"), new byte[32], Hex(inputs, "client_nonce"),
                    Hex(inputs, "client_keyshare_seed")));
            Assert.Equal(Hex(outputs, "KE1"), login.Ke1);
            using OpaqueServerLogin? started = server.Start(login.Ke1.Span, identifier, record, ke2);
            Assert.Equal(Hex(outputs, "KE2"), ke2);
            exportKey.AsSpan().Clear();
            Assert.True(login.TryFinish(ke2, ke3, sessionKey, exportKey));
            Assert.Equal(Hex(outputs, "KE3"), ke3);
            Assert.Equal(Hex(outputs, "session_key"), sessionKey);
            Assert.Equal(Hex(outputs, "export_key"), exportKey);
            sessionKey.AsSpan().Clear();
            Assert.True(started!.TryFinish(ke3, sessionKey));
            Assert.Equal(Hex(outputs, "session_key"), sessionKey);
            Assert.False(started.TryFinish(ke3, sessionKey));
        }
    }

    [SharedFact(Inputs)]
    public void The_published_answer_to_an_unknown_user_comes_out()
    {
        JsonElement vector =
            Assert.Single(Vectors("opaque"), v => v.GetProperty("config").GetProperty("Fake").GetString() == "True");
        JsonElement inputs = vector.GetProperty("inputs");
        using OpaqueServer server = Server(inputs, Settings(vector));
        byte[] record = [.. Hex(inputs, "client_public_key"), .. Hex(inputs, "masking_key"), .. new byte[96]],
            ke2 = new byte[320];
        using OpaqueServerLogin? started = server.Start(
            Hex(inputs, "KE1"), Hex(inputs, "credential_identifier"), record, known: false, ke2);
        Assert.Equal(Hex(vector.GetProperty("outputs"), "KE2"), ke2);
    }

    private static IEnumerable<JsonElement> Vectors(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(SharedInputs.Find(Inputs)));
        return [.. document.RootElement.GetProperty(name).Clone().EnumerateArray()];
    }

    private static OpaqueSettings Settings(JsonElement vector)
    {
        JsonElement inputs = vector.GetProperty("inputs");
        return new OpaqueSettings(Hex(vector.GetProperty("config"), "Context"), Stretching: null)
        {
            Identities = new OpaqueIdentities(Optional(inputs, "client_identity"), Optional(inputs, "server_identity")),
        };
    }

    private static OpaqueServer Server(JsonElement inputs, OpaqueSettings settings) => new(
        [.. Hex(inputs, "oprf_seed"), .. Hex(inputs, "server_private_key")], settings,
        Script(Hex(inputs, "masking_nonce"), Hex(inputs, "server_nonce"), Hex(inputs, "server_keyshare_seed")));

    /// <summary>Randomness that was written down: pieces in their order.</summary>
    private static RandomFill Script(params byte[][] pieces)
    {
        byte[] all = [.. pieces.SelectMany(p => p)];
        int at = 0;
        return destination =>
        {
            all.AsSpan(at, destination.Length).CopyTo(destination);
            at += destination.Length;
        };
    }

    private static byte[] Hex(JsonElement element, string name) =>
        Convert.FromHexString(element.GetProperty(name).GetString()!);

    private static byte[] Optional(JsonElement element, string name) => element.TryGetProperty(name, out _)
        ? Hex(element, name) : [];
}
