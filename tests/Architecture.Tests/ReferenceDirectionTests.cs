using System.Xml.Linq;

namespace QuicProChat.Mesh.Architecture.Tests;

/// <summary>
/// References point one way. Whoever adds one has to change this list, and think about it.
/// </summary>
public class ReferenceDirectionTests
{
    private static readonly string Root = Repository.Root;

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
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
        ["node"] = ["identity", "messaging", "mls", "mls-lite", "routing", "store", "transports", "wire"],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_stands_below_it(string folder)
    {
        string project = Assert.Single(Directory.GetFiles(Path.Combine(Root, folder), "*.csproj"));
        IEnumerable<string> referenced = XDocument.Load(project).Descendants("ProjectReference")
            .Select(r => Path.GetFileName(Path.GetDirectoryName(r.Attribute("Include")!.Value)!));
        Assert.Empty(referenced.Except(Allowed[folder]));
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
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f).Contains("\"libsodium", StringComparison.Ordinal));
        Assert.Empty(offenders);
    }

    [Fact]
    public void What_decides_about_messages_names_no_user_interface_and_messaging_no_database()
    {
        string[] interfaces = ["System.Text.Json", "ControlSession", "ControlRequest", "ControlCommands", "ControlException", "System.CommandLine"];
        Assert.Empty(Offenders(["messaging", "routing", "store"], interfaces));
        Assert.Empty(Offenders(["messaging", "routing"], ["Sqlite", "sqlite", "QuicProChat.Mesh.Store"]));
    }

    private static IEnumerable<string> Offenders(string[] folders, string[] words) =>
        from folder in folders
        from file in Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        let text = File.ReadAllText(file)
        from word in words
        where text.Contains(word, StringComparison.Ordinal)
        select $"{Path.GetRelativePath(Root, file)}: {word}";

    [Fact]
    public void Messaging_routing_and_MLS_have_no_clock_timer_thread_or_lock_of_their_own()
    {
        string[] forbidden =
            ["DateTime.UtcNow", "DateTime.Now", "Stopwatch", "Task.Delay", "Thread.Sleep", "new Thread(", "Threading.Timer", "lock (", "Random.Shared"];
        Assert.Empty(Offenders(["messaging", "mls", "mls-lite", "routing"], forbidden));
    }
}
