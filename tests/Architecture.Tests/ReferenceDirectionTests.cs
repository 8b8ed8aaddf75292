using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace QuicProChat.Mesh.Architecture.Tests;

/// <summary>
/// References point one way. Whoever adds one has to change this list, and think about it.
/// </summary>
public partial class ReferenceDirectionTests
{
    /// <summary>Files of the program that may name MLS-Lite.</summary>
    private const int MaxProgramFiles = 12;

    private static readonly string Root = Repository.Root;

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        // Commands, results and events: no client needs anything else.
        ["api"] = [],
        ["identity"] = [],
        ["wire"] = ["identity"],
        ["store"] = ["identity", "wire"],
        ["mls"] = ["identity"],
        ["mls-lite"] = ["identity"],
        ["transports"] = ["identity", "wire"],
        // The router reaches the store through IRouterActions only.
        ["routing"] = ["identity", "wire"],
        // Conversations of every kind, behind one seam.
        ["messaging"] = ["identity", "mls", "mls-lite", "routing", "wire"],
        // The client-server protocol: the node and the server have it in common, and nothing else.
        ["rpc"] = ["identity"],
        // A program of its own; of the store it has the database layer only.
        ["server"] = ["identity", "rpc", "store"],
        // Appointments: their envelopes and states go where those of conversations go, behind the same seam.
        ["fapp"] = ["identity", "messaging", "routing", "wire"],
        ["node"] = ["api", "fapp", "identity", "messaging", "mls", "mls-lite", "routing", "rpc",
            "store", "transports", "wire"],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_exactly_what_the_list_says(string folder)
    {
        string project = Assert.Single(Directory.GetFiles(Path.Combine(Root, folder), "*.csproj"));
        IEnumerable<string> referenced = XDocument.Load(project).Descendants("ProjectReference")
            .Select(r => Path.GetFileName(Path.GetDirectoryName(r.Attribute("Include")!.Value)!));
        Assert.Equal(Allowed[folder].Order(StringComparer.Ordinal), referenced.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_project_of_the_program_is_in_the_list()
    {
        IEnumerable<string> folders = Directory.GetDirectories(Root)
            .Where(d => Directory.GetFiles(d, "*.csproj").Length > 0)
            .Select(d => Path.GetFileName(d));
        Assert.Equal(Allowed.Keys.Order(), folders.Order());
    }

    [Fact]
    public void Only_identity_calls_the_cryptographic_library()
    {
        IEnumerable<string> offenders = Allowed.Keys.Where(f => f != "identity")
            .SelectMany(f => Directory.GetFiles(Path.Combine(Root, f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)
                && !f.Contains("/bin/", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f).Contains("\"libsodium", StringComparison.Ordinal));
        Assert.Empty(offenders);
    }

    [Fact]
    public void What_decides_about_messages_names_no_user_interface_and_messaging_no_database()
    {
        string[] interfaces =
            ["System.Text.Json", "JsonSerializer", "ControlSession", "ControlException", "QuicProChat.Mesh.Api",
                "System.CommandLine"];
        Assert.Empty(Offenders(["fapp", "messaging", "routing", "store"], interfaces));
        Assert.Empty(Offenders(["fapp", "messaging", "routing"], ["Sqlite", "sqlite", "QuicProChat.Mesh.Store"]));
    }

    [Fact]
    public void What_decides_about_messages_names_no_command()
    {
        string[] commands =
            [.. Directory.GetFiles(Path.Combine(Root, "api", "Commands"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(f => CommandName().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value))];
        Assert.True(commands.Length > 20, $"{commands.Length} commands were found");
        // As a text of its own, or quoted in a sentence as people type it.
        string[] words = [.. commands.Select(c => $"\"{c}\""), .. commands.Select(c => $"'{c.Replace('-', ' ')}'")];
        Assert.Empty(Offenders(["fapp", "messaging", "routing"], words));
    }

    [Fact]
    public void Only_its_own_folder_and_a_few_files_know_MLS_Lite()
    {
        IEnumerable<string> knowing = SourcesKnowingLite(["identity", "messaging", "mls", "routing", "store", "wire"])
            .Where(f => !f.StartsWith("messaging/Lite/", StringComparison.Ordinal)
                && !f.StartsWith("messaging/Groups/Twins/", StringComparison.Ordinal));
        // The number of its envelopes, its protection, and rows that are older than kinds.
        string[] expected =
            ["messaging/Protection.cs", "store/AssociatedData.cs", "store/Schema.cs", "wire/EnvelopeKind.cs"];
        Assert.Equal(expected, knowing.Order(StringComparer.Ordinal));
        // The program: handlers, events, words, and the backup that names groups of every kind.
        Assert.InRange(SourcesKnowingLite(["node"]).Count(), 0, MaxProgramFiles);
    }

    private static IEnumerable<string> SourcesKnowingLite(string[] folders) =>
        from folder in folders
        from file in Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        where LiteName().IsMatch(File.ReadAllText(file))
        select Path.GetRelativePath(Root, file);

    [GeneratedRegex("\"([a-z-]+)\", CommandGroup\\.")]
    private static partial Regex CommandName();

    // Not SQLite, and no literal.
    [GeneratedRegex("(?<![QA-Za-z])Lite(?![a-z])|[a-z]Lite(?![a-z])|(?<!sq)lite_|mls-lite")]
    private static partial Regex LiteName();

    private static IEnumerable<string> Offenders(string[] folders, string[] words) =>
        from folder in folders
        from file in Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        let text = string.Join('\n', File.ReadLines(file)
            .Where(l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal)))
        from word in words
        where text.Contains(word, StringComparison.Ordinal)
        select $"{Path.GetRelativePath(Root, file)}: {word}";

    [Fact]
    public void Messaging_routing_and_MLS_have_no_clock_timer_thread_or_lock_of_their_own()
    {
        string[] forbidden =
            ["DateTime.UtcNow", "DateTime.Now", "Stopwatch", "Task.Delay", "Thread.Sleep", "new Thread(",
                "Threading.Timer", "lock (", "Random.Shared"];
        Assert.Empty(Offenders(["fapp", "messaging", "mls", "mls-lite", "routing"], forbidden));
    }
}
