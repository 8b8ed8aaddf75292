namespace QuicProChat.Mesh.Simulation.Tests;

/// <summary>Graphs of real communities, from the published inputs.</summary>
internal static class Cities
{
    /// <summary>Of Leipzig, as an input.</summary>
    public const string Leipzig = "topologies/freifunk-leipzig.json";

    /// <summary>The file of a city.</summary>
    public static string Find(string name) => SharedInputs.Find($"topologies/{name}.json");
}
