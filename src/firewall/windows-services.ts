/**
 * Short names of services that come with Windows, its roles and its features: what a rule's service
 * is held against, so that a slip of the pen is seen. Sources: the rules of four machines; Microsoft's
 * pages on the services of Windows Server.
 */
const NAMES = `
ADWS AJRouter ALG AppHostSvc AppIDSvc Appinfo AppMgmt AppReadiness AppXSvc aspnet_state
AssignedAccessManagerSvc AudioEndpointBuilder Audiosrv AxInstSV BDESVC BFE BITS BrokerInfrastructure
Browser BthAvctpSvc bthserv camsvc CDPSvc CertPropSvc CertSvc ClipSVC ClusSvc
clr_optimization_v2.0.50727_32 clr_optimization_v2.0.50727_64 clr_optimization_v4.0.30319_32
clr_optimization_v4.0.30319_64 COMSysApp CoreMessagingRegistrar CryptSvc CscService DcomLaunch
defragsvc DeviceAssociationService DeviceInstall DevQueryBroker Dfs DFSR Dhcp DHCPServer diagsvc
DiagTrack DispBrokerDesktopSvc DmEnrollmentSvc dmwappushservice DNS Dnscache docker DoSvc dot3svc DPS
DsmSvc DsRoleSvc DsSvc EapHost EFS EventLog EventSystem Fax fdPHost FDResPub fhsvc FontCache
FrameServer FTPSVC gpsvc GraphicsPerfSvc hidserv hkmsvc hns HomeGroupListener HomeGroupProvider HvHost
IAS icssvc IISADMIN IKEEXT InstallService iphlpsvc IPBusEnum IpxlatCfgSvc irmon IsmServ KDC KdsSvc
KeyIso KPSSVC KtmRm LanmanServer LanmanWorkstation lfsvc LicenseManager lltdsvc lmhosts LPDSVC LSM
MapsBroker Mcx2Svc mpssvc MSDTC MSiSCSI msiserver MSMQ MSMQTriggers NcaSvc NcbService NcdAutoSetup
Netlogon Netman NetMsmqActivator NetPipeActivator netprofm NetSetupSvc NetTcpActivator
NetTcpPortSharing NfsClnt NfsService NgcCtnrSvc NgcSvc NlaSvc nsi NTDS NtFrs nvspwmi p2pimsvc p2psvc
PcaSvc PeerDistSvc PerfHost PhoneSvc pla PlugPlay PNRPAutoReg PNRPsvc PolicyAgent Power
PrintNotify ProfSvc ProtectedStorage PushToInstall QWAVE RasAuto RasMan RDMS RemoteAccess
RemoteRegistry RmSvc RpcEptMapper RpcLocator RpcSs RSoPProv sacsvr SamSs SCardSvr ScDeviceEnum
Schedule SCPolicySvc SecurityHealthService seclogon SEMgrSvc SENS Sense SensorDataService
SensorService SensrSvc SessionEnv SgrmBroker SharedAccess ShellHWDetection smphost SmsRouter SMTPSVC
SNMP SNMPTRAP Spooler sppsvc SppExtComObj SSDPSRV sshd ssh-agent SstpSvc StateRepository StiSvc StorSvc svsvc
swprv SysMain SystemEventsBroker TabletInputService TapiSrv TermService TermServLicensing Tssdis
TSGateway Themes TieringEngineService TimeBrokerSvc TokenBroker TrkWks TrustedInstaller tzautoupdate
UALSVC UevAgentService UI0Detect UmRdpService upnphost UserManager UsoSvc UxSms VaultSvc vds vmcompute
vmicguestinterface vmicheartbeat vmickvpexchange vmicrdv vmicshutdown vmictimesync vmicvmsession
vmicvss vmms VSS W32Time W3LOGSVC W3SVC WaaSMedicSvc WalletService WarpJITSvc WAS WbioSrvc
wbengine Wcmsvc wcncsvc WcsPlugInService WDSServer WdiServiceHost WdiSystemHost WdNisSvc WebClient
Wecsvc WEPHOSTSVC wercplsupport WerSvc WiaRpc WIDWriter WinDefend WinHttpAutoProxySvc Winmgmt WinRM WINS
wisvc Wlansvc wlidsvc wlpasvc wmiApSrv WMPNetworkSvc WMSvc workfolderssvc WPDBusEnum WpnService
wscsvc WSearch WSusService wuauserv wudfsvc WwanSvc XblAuthManager XblGameSave XboxNetApiSvc
`;

export const WINDOWS_SERVICES: readonly string[] = NAMES.trim().split(/\s+/);
