namespace QuicProChat.Mesh.Testing;

/// <summary>
/// Published inputs that are not part of the repository: under <c>QPC_SHARED</c>, else in <c>shared</c> beside it.
/// Tests that need one say so with <see cref="SharedFactAttribute"/> or <see cref="SharedTheoryAttribute"/>.
/// </summary>
public static class SharedInputs
{
    /// <summary>The folder that holds the inputs; it need not exist.</summary>
    public static string Root { get; } =
        Environment.GetEnvironmentVariable("QPC_SHARED") is { Length: > 0 } named
            ? named
            : Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared"));

    /// <summary>The path of an input.</summary>
    /// <param name="relative">Relative to <see cref="Root"/>, such as <c>vectors/mls/messages.json</c>.</param>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string Find(string relative)
    {
        string path = Path.Combine(Root, relative);
        return Exists(path) ? path : throw new FileNotFoundException(Absent(relative));
    }

    /// <summary>
    /// Why a test that needs these inputs is skipped; null where it runs. With <c>CI=true</c> nothing is skipped: there
    /// the test runs, and fails at <see cref="Find"/>.
    /// </summary>
    public static string? WhySkip(params string[] relative)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            return null;
        foreach (string input in relative)
        {
            if (!Exists(Path.Combine(Root, input)))
                return Absent(input);
        }

        return null;
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static string Absent(string relative) =>
        $"the published input '{relative}' is not in {Root}; QPC_SHARED names another folder";
}
