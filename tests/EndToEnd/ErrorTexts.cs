using System.Text.RegularExpressions;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// The published program has no texts of the runtime's exceptions in it, only their names: what people read must not
/// hang on them.
/// </summary>
public partial class ErrorTexts
{
    public static TheoryData<string, string[], string> Cases => new()
    {
        { "a configuration that is not there", ["run", "--config", "@/none.json", "--data-dir", "@/data"],
            "none.json" },
        { "a directory as configuration", ["run", "--config", "@", "--data-dir", "@/data"], "@" },
        { "a network key that is not there", ["run", "--config", "@/networkKey.json", "--data-dir", "@/data"],
            "@/nothing" },
        { "a network key without an end", ["run", "--config", "@/endless.json", "--data-dir", "@/data"], "/dev/zero" },
        { "a passphrase that is not there", ["run", "--config", "@/passphrase.json", "--data-dir", "@/data"],
            "@/nothing" },
        { "a directory as key file", ["run", "--data-dir", "@/broken"], "identity.key" },
        { "a data directory where none can be", ["run", "--data-dir", "/proc/x"], "/proc/x" },
        { "a control socket with too long a name", ["ctl", "--control", "@/" + new string('x', 200), "status"], "xxx" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_error_is_a_sentence_that_names_the_file_and_no_name_of_a_text_of_the_runtime(
        string what, string[] arguments, string named)
    {
        await using var net = new TestNet();
        string Here(string text) => text.Replace("@", net.Directory, StringComparison.Ordinal);
        Write(net, "networkKey.json", Here("""{ "networkKeyFile": "@/nothing" }"""));
        Write(net, "endless.json", """{ "networkKeyFile": "/dev/zero" }""");
        Write(net, "passphrase.json", Here("""{ "passphraseFile": "@/nothing" }"""));
        Directory.CreateDirectory(Path.Combine(net.Directory, "broken", "identity.key"));

        Ran ran = Shell.Run(Binary.Static, arguments.Select(Here));

        Assert.True(ran.ExitCode is 1 or 2 or 3, $"{what}: {ran.ExitCode}");
        AssertSentence(ran.Errors);
        Assert.Contains(Here(named), ran.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_is_the_last_word_of_a_daemon_whose_data_directory_was_removed()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        await alice.StartAsync();
        Directory.Delete(alice.DataDirectory, recursive: true);
        await alice.StopAsync();
        AssertSentence(alice.Log);
    }

    private static void AssertSentence(string errors)
    {
        Assert.Contains(' ', errors.Trim());
        Assert.DoesNotMatch(NameOfText(), errors);
    }

    private static void Write(TestNet net, string name, string text) =>
        File.WriteAllText(Path.Combine(net.Directory, name), text);

    [GeneratedRegex(
        @"\b(IO|UnauthorizedAccess|net|Arg|Argument|NotSupported|InvalidOperation|Cryptography|Format)_\w+")]
    private static partial Regex NameOfText();
}
