namespace QuicProChat.Mesh.Simulation.Tests;

/// <summary>Inputs that lie beside the repository: at <c>QPC_SHARED</c>, or in <c>../shared</c> of its root.</summary>
internal static class Shared
{
    public static string Topology(string name)
    {
        string path = Path.Combine(Root(), "topologies", name + ".json");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: set QPC_SHARED to the folder that holds topologies/");
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("QPC_SHARED") is { Length: > 0 } named)
            return named;
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "QuicProChat.Mesh.sln")))
                return Path.Combine(at.Parent!.FullName, "shared");
        }

        throw new DirectoryNotFoundException("the tests run outside the repository: set QPC_SHARED");
    }
}
