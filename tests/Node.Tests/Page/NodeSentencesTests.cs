using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using QuicProChat.Mesh.Node.Configuration;

namespace QuicProChat.Mesh.Node.Tests.Page;

/// <summary>
/// What the node says of itself is said in the page's languages. The sources are read: each text in them that looks
/// like a sentence and may come to the page must have its German in <c>web/words/said.js</c>.
/// </summary>
public sealed partial class NodeSentencesTests
{
    /// <summary>
    /// Where sentences are that come to the page: errors, reasons, notes, warnings, what settings accept.
    /// </summary>
    private static readonly string[] Sources =
    [
        "api/LinkUri*.cs", "node/Handlers/*.cs", "node/Control/ControlSession.cs", "node/Control/ControlServer.cs",
        "node/Control/SendArguments.cs",
        "node/Control/Refusals.cs", "node/Control/Words.cs", "node/Files/FileUploads.cs", "node/Files/FileHost.cs",
        "node/Files/ServerFile*.cs", "node/Fapp/FappInfos.cs",
        "node/Fapp/FappWords.cs", "node/Page/PageServer.cs", "node/Configuration/ConfigurationFile.cs",
        "node/Configuration/Settings.cs",
        "node/Configuration/Setting.cs", "node/Configuration/SettingValues.cs", "node/Configuration/Quantity.cs",
        "node/Configuration/ListenUri.cs",
        "node/Configuration/PageEnd.cs", "node/Cli/BackupFile.cs", "messaging/*.cs",
        "messaging/Channels/ChannelConversations*.cs",
        "messaging/Channels/ChannelKey.cs", "messaging/Contacts/*.cs", "messaging/Content/MessageActions.cs",
        "messaging/Direct/*.cs",
        "messaging/Files/*.cs", "messaging/Groups/GroupConversations*.cs", "messaging/Lite/LiteConversations*.cs",
        "messaging/Servers/ServerConversations.Sending.cs",
        "fapp/Mesh/Appointments*.cs",
        "fapp/Practice/*.cs", "fapp/Patient/*.cs", "fapp/Records/SlotAnnounce.cs", "mls-lite/LiteInvitation.cs",
        "identity/Bech32m.cs",
        "identity/NodeAddress*.cs", "identity/BackupString.cs", "identity/DisplayName.cs", "identity/FaultText.cs",
        "transports/*.cs",
        "transports/Mdns/DialPlan.cs", "transports/Mdns/MdnsSockets.cs", "transports/Links/*.cs", "transports/Tcp/*.cs",
        "transports/Quic/*.cs",
        "transports/Names/NameResolver.cs", "transports/Lora/LoraRadio*.cs", "transports/Lora/LoraTransport.cs",
        "transports/Lora/Adaptation/RadioMedium*.cs",
        "transports/Lora/Modems/*/*.cs", "transports/Lora/Serial/*.cs",
    ];

    /// <summary>Of those, what a page may not ask for.</summary>
    private static readonly string[] NotForPages =
    [
        "Log.cs", "AccountHandlers.cs", "AccountDeviceHandlers.cs", "ModerationHandlers.cs", "RecoveryHandlers.cs",
        "FappTrustHandlers.cs", "TranscriptHandlers.cs", "PageHandlers.cs",
    ];

    /// <summary>
    /// What looks like a sentence of an error and is none: answers to what was done, which the page shows in its own
    /// way.
    /// </summary>
    private static readonly string[] Answers =
    [
        "'7' and its key are forgotten", "'7' and its keys are forgotten", "the card of 7 is forgotten",
        "; 7 of it erased",
        "7 is blocked: nothing that it sends is kept7", "7 is heard again; what it wrote meanwhile does not come",
        "7 is deleted here, and the others are told to delete it", "1 message is read", "7 messages are read",
        "7; the others are told of 7",
        "the bytes of file 7 are deleted here; others may have it", "the invitation to '7' is forgotten",
        "the others are asked to take this node out of '7'; then it is forgotten here. Say it again to forget it now",
        "7 is dialled no more, its link ends", "7 is forgotten", "7 is known now; 7 of it 7 no request any more",
        "7 is refused; 7 of it 7 erased, and what comes from it is not kept", "7 is erased",
        "a message's id, 32 hexadecimal digits",
        "7 is known as '7'", "7 was made; put it where its owner is", "7 is dialled from now on",
    ];

    /// <summary>
    /// Parts that are only ever said in a sentence that this test sees whole, and what only the log says.
    /// </summary>
    private static readonly string[] Parts =
    [
        "the look for the control socket", "a new client", "cannot be opened", "cannot be locked",
        "is not a serial device", "cannot be watched",
        "'7' is no alias and no address7", "7: wrong value for '7'7; accepted is 7",
        "The row of the file of message 7 fits no offer.",
        "The channel 7 is damaged, or of another version of the program.",
        "The group 7 is damaged, or of another version of the program.",
        "The KeyPackages of this node are damaged: new ones are made.",
        "The row 7 of the appointments is damaged, or of another version of the program.",
        "The MLS-Lite group 7 is damaged, or of another version of the program; groups of builds before the first "
            + "release have to be founded anew.",
        "does not give lines 7 and 7", "does not set its lines", "does not take 7 bits a second", "7, from 7 to 7",
        "a list of", "What was set for conversations with one node is damaged.", "The pair 7 is not of this node.",
        "What was kept of members on servers is damaged.",
    ];

    /// <summary>What is said with each fact that betrays a second node with one key.</summary>
    private const string SameKey =
        ": another node runs with the same identity key, or this data directory was restored from a copy. "
        + "Two nodes with one key take each other's messages; give one of them a key of its own (qpc-mesh keygen)";

    private static readonly (Regex Said, string German)[] Rules = ReadRules();

    [Fact]
    public void Each_sentence_that_may_come_to_the_page_has_a_german_one()
    {
        int looked = 0;
        List<string> missing = [];
        foreach (string file in Sources.SelectMany(Files))
        {
            foreach (string text in Sentences(File.ReadAllText(file)))
            {
                looked++;
                if (!IsKnown(text))
                    missing.Add($"{Path.GetFileName(file)}: {text}");
            }
        }

        Assert.True(looked > 400, $"{looked} sentences were read");
        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Fact]
    public void What_a_setting_accepts_has_a_german_sentence()
    {
        // Words with commas are what one writes into the file, in any language.
        Assert.All(Settings.All.Where(static s => !WordsOfFile().IsMatch(s.Accepts)),
            static s => Assert.True(IsSaid(s.Accepts), s.Accepts));
    }

    [Fact]
    public void The_ends_that_name_commands_are_those_of_the_node()
    {
        string node = File.ReadAllText(Repository.File("node", "Control", "Refusals.cs"));
        string[] hints = JsonSerializer.Deserialize<string[]>(Block("hints"))!;
        Assert.NotEmpty(hints);
        Assert.Equal(hints, Literal().Matches(node).Select(static m => m.Groups[1].Value)
            .Where(static t => t.StartsWith("; ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Both_languages_use_the_values_of_the_sentence_and_the_page_names_no_option_of_a_terminal()
    {
        foreach (JsonElement rule in Table().EnumerateArray())
        {
            string[] parts = [.. rule.EnumerateArray().Select(static p => p.GetString()!)];
            Assert.InRange(parts.Length, 2, 3);
            HashSet<string> there = [.. Place().Matches(parts[0]).Select(static m => m.Groups[1].Value)];
            foreach (string said in parts[1..])
                Assert.All(Place().Matches(said), m => Assert.Contains(m.Groups[1].Value, there));
            Assert.DoesNotContain("--", parts[^1], StringComparison.Ordinal);
            Assert.DoesNotContain("--", parts[1], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("return $\"{a} is not {(b ? \"x\" : \"y\")} there\";", "7 is not 7 there")]
    [InlineData("throw new E(\"it is \"\n    + $\"not {what} there\");", "it is not 7 there")]
    [InlineData("// \"this is a comment\"\nvar x = \"no sentence\";", null)]
    [InlineData("throw new InvalidOperationException(\"this is a fault\");", null)]
    [InlineData("x = \"it says \\\"no\\\" to all\";", "it says \"no\" to all")]
    public void Sentences_are_found_in_sources(string source, string? sentence) =>
        Assert.Equal(sentence is null ? [] : [sentence], Sentences(source));

    private static bool IsKnown(string text) =>
        IsSaid(text) || text.StartsWith("; ", StringComparison.Ordinal)
            || text.StartsWith(", ", StringComparison.Ordinal)
        || WordsOfFile().IsMatch(text) || Answers.Contains(text) || Parts.Contains(text)
        // The number of a line is written before it.
        || IsSaid("line " + text)
        // A part that another sentence goes on with.
        || IsSaid(text + ": 7") || IsSaid(text + " 7") || IsSaid(text + SameKey) || text == "7" + SameKey;

    private static bool IsSaid(string text) => Rules.Any(r => r.Said.IsMatch(text));

    private static IEnumerable<string> Files(string pattern)
    {
        string[] parts = pattern.Split('/');
        IEnumerable<string> folders = [Repository.File(parts[0])];
        foreach (string part in parts[1..^1])
            folders = part == "*" ? folders.SelectMany(Directory.GetDirectories)
                : folders.Select(f => Path.Combine(f, part));
        return folders.SelectMany(f => Directory.GetFiles(f, parts[^1]))
            .Where(f => !NotForPages.Contains(Path.GetFileName(f)));
    }

    private static (Regex, string)[] ReadRules() =>
        [.. Table().EnumerateArray().Select(static rule => (
            new Regex('^' + string.Join("[^\0]+?", Place().Split(rule[0].GetString()!)
                .Where(static (_, i) => i % 2 == 0).Select(Regex.Escape)) + '$'), rule[1].GetString()!))];

    private static JsonElement Table() => JsonDocument.Parse(Block("said")).RootElement;

    private static string Block(string name)
    {
        string all = File.ReadAllText(Repository.File("web", "words", "said.js"));
        string begin = $"export const {name} = ";
        int from = all.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return all[from..all.IndexOf("\n];", from, StringComparison.Ordinal)] + "\n]";
    }

    /// <summary>
    /// The texts of a source that look like sentences, 7 for each value in them; those that are joined by + are one.
    /// Comments, bytes (u8), raw strings and what is only ever a fault of the program are none.
    /// </summary>
    private static List<string> Sentences(string source)
    {
        List<string> found = [];
        var joined = new StringBuilder();
        for (int at = 0; at < source.Length;)
        {
            if (Skipped(source, ref at))
                continue;
            if (source[at] != '"')
            {
                at++;
                continue;
            }

            int begin = at;
            string text = ReadLiteral(source, ref at, source[Math.Max(0, at - 2)..at]
                .Contains('$', StringComparison.Ordinal));
            if (source.AsSpan(at).StartsWith("u8"))
                continue;
            if (!IsFault(source[Math.Max(0, begin - 90)..begin]))
                joined.Append(text);
            Match plus = Plus().Match(source, at);
            if (plus.Success)
            {
                at = plus.Index + plus.Length;
                continue;
            }

            if (IsSentence(joined.ToString()))
                found.Add(joined.ToString().TrimEnd());
            joined.Clear();
        }

        return found;
    }

    private static bool Skipped(string source, ref int at)
    {
        ReadOnlySpan<char> rest = source.AsSpan(at);
        if (rest.StartsWith("//"))
            at = EndOf(source, "\n", at);
        else if (rest.StartsWith("/*"))
            at = EndOf(source, "*/", at + 2);
        else if (rest.StartsWith("\"\"\""))
            at = EndOf(source, "\"\"\"", at + 3);
        else if (rest[0] == '\'' && Character().Match(source, at) is { Success: true } c)
            at += c.Length;
        else
            return false;
        return true;
    }

    private static int EndOf(string source, string end, int from) =>
        source.IndexOf(end, from, StringComparison.Ordinal) is var found and >= 0 ? found + end.Length : source.Length;

    private static string ReadLiteral(string source, ref int at, bool hasValues)
    {
        var text = new StringBuilder();
        for (at++; at < source.Length && source[at] != '"'; at++)
        {
            char c = source[at];
            if (c == '\\')
                text.Append(source[++at]);
            else if (hasValues && c == '{' && source[at + 1] == '{')
                text.Append(source[++at]);
            else if (hasValues && c == '{')
                SkipValue(source, ref at, text);
            else
                text.Append(c);
        }

        at++;
        return text.ToString();
    }

    private static void SkipValue(string source, ref int at, StringBuilder text)
    {
        text.Append('7');
        for (int depth = 0; ; at++)
        {
            depth += source[at] == '{' ? 1 : source[at] == '}' ? -1 : 0;
            if (depth == 0)
                return;
            if (source[at] == '"')
            {
                _ = ReadLiteral(source, ref at, source[Math.Max(0, at - 1)..at]
                    .Contains('$', StringComparison.Ordinal));
                at--;
            }
        }
    }

    private static bool IsSentence(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length >= 3 && words.Count(static w => SmallWord().IsMatch(w)) >= 2;
    }

    private static bool IsFault(string before) => FaultOfProgram().IsMatch(before);

    [GeneratedRegex(@"\G\s*\+\s*(?=\$?"")\$?")]
    private static partial Regex Plus();

    [GeneratedRegex(@"\G'(?:\\[^']*|[^'\\])'")]
    private static partial Regex Character();

    [GeneratedRegex(@"^[a-z]{2,}[,.:;]?$")]
    private static partial Regex SmallWord();

    [GeneratedRegex(@"^[a-z]+(, [a-z]+)+$")]
    private static partial Regex WordsOfFile();

    [GeneratedRegex(@"\{(\d)!?\}")]
    private static partial Regex Place();

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Literal();

    [GeneratedRegex(
        @"new (InvalidOperation|InvalidData|Argument\w*|Unreachable|NotSupported|ObjectDisposed|Store|Cryptographic|Format)\w*Exception\(\s*(StoreError\.\w+,\s*)?\$?$")]
    private static partial Regex FaultOfProgram();
}
