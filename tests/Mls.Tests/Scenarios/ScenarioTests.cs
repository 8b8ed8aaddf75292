using System.Text.Json;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Scenarios;

/// <summary>
/// The scripts of the working group's interop runner, driven in this process, with every suite and wire format.
/// </summary>
public class ScenarioTests
{
    private static readonly string[] Files =
        ["application", "branch", "commit", "external_join", "external_proposals", "reinit", "welcome_join"];

    public static TheoryData<string, string, CipherSuite, bool> Scripts
    {
        get
        {
            TheoryData<string, string, CipherSuite, bool> data = [];
            foreach (string file in Files)
            {
                foreach (JsonProperty script in Load(file).EnumerateObject())
                {
                    foreach (CipherSuite suite in Enum.GetValues<CipherSuite>())
                    {
                        data.Add(file, script.Name, suite, true);
                        data.Add(file, script.Name, suite, false);
                    }
                }
            }
            data.Add("deep_random", "random", CipherSuite.X25519Aes128GcmSha256Ed25519, true);
            return data;
        }
    }

    [SharedTheory("vectors/mls/interop-configs"), MemberData(nameof(Scripts))]
    public void The_script_runs_to_its_end_and_all_agree(string file, string script, CipherSuite suite, bool encrypt) =>
        new ScenarioRunner(suite, encrypt).Run(Load(file).GetProperty(script));

    private static JsonElement Load(string file) => MlsInputs.Json($"vectors/mls/interop-configs/{file}.json")
        .GetProperty("scripts");
}
