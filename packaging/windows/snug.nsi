; The installer for one person, without an administrator. packaging/build gives
; NAME, COMMAND, ID, VERSION, WEBSITE, YEAR, IN (a folder), OUT, and SIGN (a
; command that signs a file) if there is a certificate.
Target amd64-unicode ; a 32-bit one does not run everywhere
Unicode true
SetCompressor /SOLID lzma
!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include Sections.nsh
!include WinVer.nsh
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${ID}"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"

Name "${NAME}"
OutFile "${OUT}"
BrandingText "${NAME} ${VERSION}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "Software\${NAME}" "InstallDir"
ManifestDPIAware true
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey CompanyName "The ${NAME} authors"
VIAddVersionKey FileDescription "${NAME} Setup"
VIAddVersionKey LegalCopyright "Copyright (c) ${YEAR} The ${NAME} authors, MIT License"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"

!define MUI_ICON "${IN}/snug.ico"
!define MUI_UNICON "${IN}/snug.ico"
!define MUI_ABORTWARNING
!define MUI_COMPONENTSPAGE_SMALLDESC
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_TEXT "${NAME} is installed.$\r$\n$\r$\nWhen you host a place for the first time, Windows asks whether ${NAME} may be reached from networks. Allow private networks for friends at home; allow public ones too only if you want them to reach you elsewhere. Joining a place needs neither."
!define MUI_FINISHPAGE_RUN "$INSTDIR\${COMMAND}.exe"
!insertmacro MUI_PAGE_FINISH
!define MUI_UNCONFIRMPAGE_TEXT_TOP "${NAME} will be removed from this computer. Your messages, keys and settings stay in $LOCALAPPDATA\snug, and received files in Downloads\Snug. To delete those too, choose $\"Delete everything$\" in the settings of ${NAME} before you remove it."
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

!ifdef SIGN
  !finalize '"${SIGN}" "%1"'
  !uninstfinalize '"${SIGN}" "%1"'
!endif

; A program that runs cannot be overwritten: ask for it to be closed.
!macro closed un
Function ${un}closed
  again:
  ClearErrors
  ${If} ${FileExists} "$INSTDIR\${COMMAND}.exe"
    FileOpen $0 "$INSTDIR\${COMMAND}.exe" a
    ${If} ${Errors}
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${NAME} is running. Please close its window, then try again." /SD IDCANCEL IDRETRY again
      SetErrorLevel 2
      Quit
    ${EndIf}
    FileClose $0
  ${EndIf}
FunctionEnd
!macroend
!insertmacro closed ""
!insertmacro closed "un."

; SHChangeNotify(SHCNE_ASSOCCHANGED, SHCNF_IDLIST): kinds of files have changed (shlobj_core.h).
!macro kinds
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

Section "${NAME}" program
  SectionIn RO
  Call closed
  SetOutPath $INSTDIR
  File "/oname=${COMMAND}.exe" "${IN}/snug.exe"
  File "${IN}/LICENSE.txt"
  File "${IN}/NOTICES.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${COMMAND}.exe"
  WriteRegStr HKCU "Software\${NAME}" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "Software\Classes\snug" "" "URL:${NAME} invitation"
  WriteRegStr HKCU "Software\Classes\snug" "URL Protocol" ""
  WriteRegStr HKCU "Software\Classes\snug\DefaultIcon" "" "$INSTDIR\${COMMAND}.exe,0"
  WriteRegStr HKCU "Software\Classes\snug\shell\open\command" "" '"$INSTDIR\${COMMAND}.exe" "%1"'
  ; An invite file, and the Explorer told of it.
  WriteRegStr HKCU "Software\Classes\.snug" "" "Snug.Invite"
  WriteRegStr HKCU "Software\Classes\.snug" "Content Type" "application/vnd.snug.invite"
  WriteRegStr HKCU "Software\Classes\Snug.Invite" "" "${NAME} invitation"
  WriteRegStr HKCU "Software\Classes\Snug.Invite\DefaultIcon" "" "$INSTDIR\${COMMAND}.exe,0"
  WriteRegStr HKCU "Software\Classes\Snug.Invite\shell\open\command" "" '"$INSTDIR\${COMMAND}.exe" "%1"'
  !insertmacro kinds
  WriteRegStr HKCU "${KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "Publisher" "The ${NAME} authors"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\${COMMAND}.exe"
  WriteRegStr HKCU "${KEY}" "URLInfoAbout" "${WEBSITE}"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
  SectionGetSize ${program} $0
  WriteRegDWORD HKCU "${KEY}" "EstimatedSize" $0
SectionEnd

Section /o "Start when I log in" login
  WriteRegStr HKCU "${RUN}" "${NAME}" '"$INSTDIR\${COMMAND}.exe"'
SectionEnd

Section "-not at login"
  ${Unless} ${SectionIsSelected} ${login}
    DeleteRegValue HKCU "${RUN}" "${NAME}"
  ${EndUnless}
SectionEnd

; Before that version, Windows cannot share memory as the databases do (storage/sqlite, ErrOldSystem).
; setup.exe /S /LOGIN chooses the second section without a question; a newer version keeps what was chosen before.
Function .onInit
  ${Unless} ${AtLeastBuild} 17134
    MessageBox MB_OK|MB_ICONSTOP "${NAME} needs Windows 10, version 1803, or a newer one." /SD IDOK
    SetErrorLevel 3
    Quit
  ${EndUnless}
  ReadRegStr $0 HKCU "${RUN}" "${NAME}"
  ${GetParameters} $1
  ClearErrors
  ${GetOptions} $1 "/LOGIN" $2
  ${If} $0 != ""
  ${OrIfNot} ${Errors}
    !insertmacro SelectSection ${login}
  ${EndIf}
FunctionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${program} "The program, its entry in the Start menu, and invite links and .snug files that open in it."
  !insertmacro MUI_DESCRIPTION_TEXT ${login} "Opens ${NAME} at each login. A place that was hosted when it ended is then hosted again; with a passphrase, once that is typed."
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; Messages, keys and settings stay in %LOCALAPPDATA%\snug: a person deletes those.
; What the program and its toolkit can make again goes.
Section Uninstall
  Call un.closed
  Delete "$INSTDIR\${COMMAND}.exe"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\NOTICES.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  RMDir /r "$LOCALAPPDATA\cache\${COMMAND}\cache"
  RMDir "$LOCALAPPDATA\cache\${COMMAND}"
  RMDir "$LOCALAPPDATA\cache"
  RMDir /r "$LOCALAPPDATA\fyne\${ID}"
  RMDir "$LOCALAPPDATA\fyne"
  RMDir /r "$APPDATA\fyne\${ID}"
  RMDir "$APPDATA\fyne"
  DeleteRegValue HKCU "${RUN}" "${NAME}"
  DeleteRegKey HKCU "Software\Classes\snug"
  DeleteRegKey HKCU "Software\Classes\.snug"
  DeleteRegKey HKCU "Software\Classes\Snug.Invite"
  !insertmacro kinds
  DeleteRegKey HKCU "Software\${NAME}"
  DeleteRegKey HKCU "${KEY}"
SectionEnd
