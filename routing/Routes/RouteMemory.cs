namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// How many nodes fit into the memory that routes may take. Everything else is counted at its bound beforehand; the
/// sizes are what a test measures on a full table (tests/Routing.Tests/Routes/MemoryTests.cs), rounded up.
/// </summary>
internal static class RouteMemory
{
    /// <summary>
    /// Requests, wants and penalties with their timers, and what is remembered of links that are gone.
    /// </summary>
    private const long Fixed = 1L << 20;

    /// <summary>A neighbour with its buckets, requests and retractions.</summary>
    private const long PerLink = 6 << 10;

    /// <summary>A node with its record, its timers and the announce that may be missing.</summary>
    private const long PerName = 420;

    /// <summary>What one neighbour told and was told of one node, and its places in the neighbour's queues.</summary>
    private const long PerNameAndLink = 16;

    // With fewer than these a node could not even talk to its neighbours.
    private const int LeastNames = 64;
    private const int LeastNamesPerLink = 2;

    /// <summary>Nodes that may have a place.</summary>
    /// <param name="bytes">What routes may take in all.</param>
    /// <param name="links">Links that have a place in the table of distances.</param>
    public static int MaxNames(long bytes, int links)
    {
        long names = (bytes - Fixed - links * PerLink) / (PerName + links * PerNameAndLink);
        return (int)Math.Clamp(names, LeastNames + LeastNamesPerLink * links, int.MaxValue);
    }
}
