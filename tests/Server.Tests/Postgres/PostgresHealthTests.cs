using System.Net;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

/// <summary>What a balancer is told while the store is lost.</summary>
public class PostgresHealthTests
{
    [PostgresFact]
    public async Task Health_is_503_with_a_reason_while_the_store_is_lost_and_200_when_it_is_back()
    {
        PostgresCluster cluster = new();
        await cluster.InitializeAsync();
        try
        {
            string database = await cluster.MakeDatabaseAsync();
            await using TestServer server =
                await TestServer.StartAsync(o => o with { Postgres = PostgresPrograms.Read(database) });
            using HttpClient client = new();
            Uri health = new(server.Metrics, "/health");
            Assert.Equal("ok\n", await client.GetStringAsync(health));
            await cluster.KillAsync();
            string says = await UntilAsync(client, health, HttpStatusCode.ServiceUnavailable);
            Assert.StartsWith("the store is lost: ", says);
            await cluster.StartAsync();
            Assert.Equal("ok\n", await UntilAsync(client, health, HttpStatusCode.OK));
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private static async Task<string> UntilAsync(HttpClient client, Uri health, HttpStatusCode status)
    {
        while (true)
        {
            using HttpResponseMessage answer = await client.GetAsync(health);
            if (answer.StatusCode == status)
                return await answer.Content.ReadAsStringAsync();
            await Task.Delay(100);
        }
    }
}
