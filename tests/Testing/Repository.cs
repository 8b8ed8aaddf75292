namespace QuicProChat.Mesh.Testing;

/// <summary>Where this repository lies.</summary>
public static class Repository
{
    /// <summary>The folder that holds the solution, found upwards from the running tests.</summary>
    /// <exception cref="DirectoryNotFoundException">The tests run outside the repository.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of a file of the repository, given relative to its root.</summary>
    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(at.FullName, "QuicProChat.Mesh.sln")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds QuicProChat.Mesh.sln");
    }
}
