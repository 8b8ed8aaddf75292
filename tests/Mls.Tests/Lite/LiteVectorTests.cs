using System.Diagnostics;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Mls.Lite;

namespace QuicProChat.Mesh.Mls.Tests.Lite;

public class LiteVectorTests
{
    [Fact]
    public void Every_message_of_the_document_opens()
    {
        using JsonDocument vectors = JsonDocument.Parse(DocumentVectors());
        JsonElement v = vectors.RootElement;
        int opened = 0;
        foreach (JsonElement m in v.GetProperty("messages").EnumerateArray())
        {
            using LiteGroup group = Reader(v, (LiteCipher)m.GetProperty("cipher").GetByte());
            LiteOutcome outcome = group.Open(Hex(m, "message"));
            Assert.Equal(LiteError.None, outcome.Error);
            Assert.Equal(m.GetProperty("type").GetByte(), (byte)outcome.Type);
            Assert.Equal(m.GetProperty("content").GetString(), Encoding.UTF8.GetString(outcome.Text.Span));
            opened++;
        }

        Assert.Equal(14, opened);
    }

    [Fact]
    public void Sealing_gives_the_bytes_of_the_document()
    {
        using JsonDocument vectors = JsonDocument.Parse(DocumentVectors());
        JsonElement v = vectors.RootElement;
        foreach (LiteCipher cipher in Enum.GetValues<LiteCipher>())
        {
            using var group = LiteGroup.FromSecret(
                Hex(v, "groupId"), "", cipher, Hex(v, "secret"), 9, v.GetProperty("sender").GetInt32(), Hex(v, "senderKey"));
            Assert.Equal(Convert.ToUInt16(v.GetProperty("epochTag").GetString(), 16), group.EpochTag);
            int next = 0;
            foreach (JsonElement m in v.GetProperty("messages").EnumerateArray())
            {
                if (m.GetProperty("cipher").GetByte() != (byte)cipher || m.GetProperty("type").GetByte() != 0)
                    continue;
                byte[] text = Encoding.UTF8.GetBytes(m.GetProperty("content").GetString()!);
                int counter = m.GetProperty("counter").GetInt32();
                byte[] made = [];
                for (; next <= counter; next++)
                    made = group.Seal(text);
                Assert.Equal(m.GetProperty("message").GetString(), Convert.ToHexStringLower(made));
            }
        }
    }

    [Fact]
    public void The_independent_script_still_prints_what_the_document_says()
    {
        var start = new ProcessStartInfo("python3", Repository.File("tests/Mls.Tests/Lite/make_vectors.py"))
        {
            RedirectStandardOutput = true,
        };
        using Process script = Process.Start(start)!;
        string printed = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        Assert.Equal(0, script.ExitCode);
        Assert.Equal(DocumentVectors().Trim(), printed.Trim());
    }

    private static LiteGroup Reader(JsonElement v, LiteCipher cipher)
    {
        var group = LiteGroup.FromSecret(Hex(v, "groupId"), "", cipher, Hex(v, "secret"), 9, 0, new byte[32]);
        group.AddMember(v.GetProperty("sender").GetInt32(), Hex(v, "senderKey"));
        return group;
    }

    private static byte[] Hex(JsonElement e, string name) => Convert.FromHexString(e.GetProperty(name).GetString()!);

    private static string DocumentVectors()
    {
        string page = File.ReadAllText(Repository.File("docs/mls-lite.md"));
        int start = page.IndexOf("```json\n", StringComparison.Ordinal) + "```json\n".Length;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }
}
