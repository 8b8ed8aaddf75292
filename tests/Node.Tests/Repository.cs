namespace QuicProChat.Mesh.Node.Tests;

/// <summary>Where the sources are.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "QuicProChat.Mesh.sln")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException("the tests run from inside the repository");
    }
}
